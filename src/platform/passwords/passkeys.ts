import type { WebAuthnCredential } from '@simplewebauthn/server';
import type { RelyingParty } from '../../core/relying-party.js';

/** The library, loaded when the first passkey is used: it takes parsers of certificates along, 26 MB where nobody has one. */
const webAuthn = () => import('@simplewebauthn/server');
const webAuthnFormats = () => import('@simplewebauthn/server/helpers');

/** COSE algorithms of the keys that are taken, the likeliest first: ES256, which nearly all make, and RS256 of older TPMs. */
export const passkeyAlgorithms: readonly number[] = [-7, -257];

/** What `navigator.credentials.create` answered; all of it base64url. */
export interface NewPasskeyAnswer {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly attestationObject: string;
}

/** What `navigator.credentials.get` answered; all of it base64url. */
export interface PasskeyAnswer {
  readonly id: string;
  readonly clientDataJSON: string;
  readonly authenticatorData: string;
  readonly signature: string;
}

/** What an authenticator says of a passkey each time. */
export interface PasskeyState {
  /** How often it has signed, by its own count; 0 for one that does not count. */
  readonly counter: number;
  /** Whether a copy of it lies elsewhere, as with a password manager. */
  readonly isSynced: boolean;
}

export interface MadePasskey extends PasskeyState {
  /** Base64url. */
  readonly credentialId: string;
  /** A COSE key, in base64url. */
  readonly publicKey: string;
}

/**
 * The challenge that an answer is to.
 *
 * @param clientDataJSON base64url
 * @returns `null` where there is none, or where the page that asked was in a frame of another site
 */
export async function challengeIn(clientDataJSON: string): Promise<string | null> {
  const { decodeClientDataJSON } = await webAuthnFormats();
  try {
    const { challenge, crossOrigin } = decodeClientDataJSON(clientDataJSON);
    return typeof challenge === 'string' && crossOrigin !== true ? challenge : null;
  } catch {
    return null;
  }
}

/**
 * A passkey that was made for this relying party, over this challenge, by somebody whom the authenticator has verified.
 *
 * @returns `null` for what is none, whatever is wrong with it
 */
export async function readNewPasskey(
  { id, clientDataJSON, attestationObject }: NewPasskeyAnswer,
  challenge: string,
  party: RelyingParty,
): Promise<MadePasskey | null> {
  const { verifyRegistrationResponse } = await webAuthn();
  const { isoBase64URL } = await webAuthnFormats();
  try {
    const { registrationInfo } = await verifyRegistrationResponse({
      response: {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: { clientDataJSON, attestationObject: await withoutStatement(attestationObject) },
      },
      ...{ expectedChallenge: challenge, expectedOrigin: party.origin, expectedRPID: party.id },
      ...{ requireUserVerification: true, supportedAlgorithmIDs: [...passkeyAlgorithms] },
    });
    if (registrationInfo?.credential.id !== id) return null;
    const { credential, credentialBackedUp } = registrationInfo;
    return {
      ...{ credentialId: id, counter: credential.counter, isSynced: credentialBackedUp },
      publicKey: isoBase64URL.fromBuffer(credential.publicKey),
    };
  } catch {
    return null;
  }
}

/**
 * What a passkey said as it signed this challenge for this relying party, with its owner verified. Whether its counter went on is
 * for the caller to see: a wrong counter tells something of the passkey only where the signature is right.
 *
 * @param publicKey of the passkey with that id, as `readNewPasskey` gave it
 * @returns `null` for what is no such answer, whatever is wrong with it
 */
export async function readPasskeyAnswer(
  { id, clientDataJSON, authenticatorData, signature }: PasskeyAnswer,
  challenge: string,
  party: RelyingParty,
  publicKey: string,
): Promise<PasskeyState | null> {
  const { verifyAuthenticationResponse } = await webAuthn();
  const { isoBase64URL } = await webAuthnFormats();
  // With a counter of 0 the library compares none.
  const credential: WebAuthnCredential = {
    ...{ id, publicKey: isoBase64URL.toBuffer(publicKey), counter: 0 },
  };
  try {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
        response: { clientDataJSON, authenticatorData, signature },
      },
      ...{ expectedChallenge: challenge, expectedOrigin: party.origin, expectedRPID: party.id },
      ...{ requireUserVerification: true, credential },
    });
    const { newCounter: counter, credentialBackedUp: isSynced } = authenticationInfo;
    return verified ? { counter, isSynced } : null;
  } catch {
    return null;
  }
}

/**
 * What an authenticator says of its maker was not asked for, and is not looked at: to verify it the library would parse certificates that
 * anybody can make up, and fetch the lists that they name.
 */
async function withoutStatement(attestationObject: string): Promise<string> {
  const { decodeAttestationObject, isoBase64URL, isoCBOR } = await webAuthnFormats();
  const authData = decodeAttestationObject(isoBase64URL.toBuffer(attestationObject)).get(
    'authData',
  );
  const plain = new Map<string, Parameters<typeof isoCBOR.encode>[0]>();
  plain.set('fmt', 'none').set('attStmt', new Map()).set('authData', authData);
  return isoBase64URL.fromBuffer(isoCBOR.encode(plain));
}
