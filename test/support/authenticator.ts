import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** Of what an authenticator says of itself (WebAuthn Level 3 §6.1). */
export const flags = {
  present: 0x01,
  verified: 0x04,
  mayBeBackedUp: 0x08,
  isBackedUp: 0x10,
  hasCredential: 0x40,
  hasExtensions: 0x80,
};

/** For whom a passkey is asked. */
export interface Party {
  readonly origin: string;
  readonly rpId: string;
}

/** In what an answer differs from that of a browser and an authenticator as they should be. */
export interface Oddities {
  readonly type?: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly flags?: number;
  readonly counter?: number;
  /** Stands in the client data as well. */
  readonly clientData?: object;
  /** In the place of the client data. */
  readonly clientDataText?: string;
  /** After the authenticator data. */
  readonly leftOver?: Buffer;
  readonly userHandle?: string;
  /** Signs in the place of the passkey. */
  readonly signer?: SoftwarePasskey;
  readonly fmt?: string;
}

/** What `POST /v1/session/passkey` takes. */
export interface Assertion {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly userHandle?: string;
}

/** What `POST /v1/session/passkeys` takes beside a name. */
export interface Attestation {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly attestationObject: string;
  readonly transports: readonly string[];
}

/**
 * A passkey as an authenticator without a body makes one, together with what a browser does between it and a page: ES256, attestation
 * `none`. Its private half never leaves it.
 */
export class SoftwarePasskey {
  readonly #key: KeyObject;
  readonly #publicKey: Buffer;
  readonly credentialId = randomBytes(16);
  /** Of the last signature; one that stays 0 does not count. */
  counter = 0;

  /** @param userHandle whose it is, in base64url @param counts whether it counts its signatures */
  constructor(
    readonly party: Party,
    readonly userHandle: string,
    readonly counts = true,
  ) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
    this.#publicKey = cborMap([
      [cborInteger(1), cborInteger(2)],
      [cborInteger(3), cborInteger(-7)],
      [cborInteger(-1), cborInteger(1)],
      [cborInteger(-2), cborBytes(Buffer.from(x, 'base64url'))],
      [cborInteger(-3), cborBytes(Buffer.from(y, 'base64url'))],
    ]);
  }

  get id(): string {
    return this.credentialId.toString('base64url');
  }

  /** The COSE key, in base64url. */
  get publicKey(): string {
    return this.#publicKey.toString('base64url');
  }

  /** As `navigator.credentials.create` answers. @param challenge base64url */
  attest(challenge: string, odd: Oddities = {}): Attestation {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const credential = Buffer.concat([
      Buffer.alloc(16),
      length,
      this.credentialId,
      this.#publicKey,
    ]);
    const { present, verified, hasCredential } = flags;
    const authData = Buffer.concat([
      this.#head({ flags: present | verified | hasCredential, counter: this.counter, ...odd }),
      ...[credential, odd.leftOver ?? Buffer.alloc(0)],
    ]);
    const attestationObject = cborMap([
      [cborText('fmt'), cborText(odd.fmt ?? 'none')],
      [cborText('attStmt'), cborMap([])],
      [cborText('authData'), cborBytes(authData)],
    ]);
    return {
      id: this.id,
      clientDataJSON: this.#clientData(challenge, { type: 'webauthn.create', ...odd }),
      attestationObject: attestationObject.toString('base64url'),
      transports: ['hybrid', 'internal'],
    };
  }

  /** As `navigator.credentials.get` answers. @param challenge base64url */
  assert(challenge: string, odd: Oddities = {}): Assertion {
    if (this.counts && odd.counter === undefined) this.counter += 1;
    const authData = Buffer.concat([
      this.#head({ flags: flags.present | flags.verified, counter: this.counter, ...odd }),
      odd.leftOver ?? Buffer.alloc(0),
    ]);
    const clientDataJSON = this.#clientData(challenge, { type: 'webauthn.get', ...odd });
    const signed = Buffer.concat([authData, sha256(Buffer.from(clientDataJSON, 'base64url'))]);
    return {
      ...{ id: this.id, clientDataJSON, authenticatorData: authData.toString('base64url') },
      signature: (odd.signer ?? this).#sign(signed).toString('base64url'),
      userHandle: odd.userHandle ?? this.userHandle,
    };
  }

  #sign(bytes: Buffer): Buffer {
    return sign('sha256', bytes, this.#key);
  }

  #head(said: Oddities & { readonly flags: number; readonly counter: number }): Buffer {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(said.counter);
    const rpIdHash = sha256(Buffer.from(said.rpId ?? this.party.rpId));
    return Buffer.concat([rpIdHash, Buffer.from([said.flags]), counter]);
  }

  #clientData(challenge: string, { type, origin, clientData, clientDataText }: Oddities): string {
    const plain = {
      ...{ type, challenge, origin: origin ?? this.party.origin, crossOrigin: false },
      ...clientData,
    };
    return Buffer.from(clientDataText ?? JSON.stringify(plain)).toString('base64url');
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

// As much of CBOR (RFC 8949) as authenticators speak.

function cborHead(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  if (value < 0x100) return Buffer.from([(major << 5) | 24, value]);
  return Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}

function cborInteger(value: number): Buffer {
  return value < 0 ? cborHead(1, -1 - value) : cborHead(0, value);
}

function cborBytes(bytes: Buffer): Buffer {
  return Buffer.concat([cborHead(2, bytes.length), bytes]);
}

function cborText(text: string): Buffer {
  return Buffer.concat([cborHead(3, Buffer.byteLength(text)), Buffer.from(text)]);
}

function cborMap(entries: readonly (readonly [key: Buffer, value: Buffer])[]): Buffer {
  return Buffer.concat([cborHead(5, entries.length), ...entries.flat()]);
}
