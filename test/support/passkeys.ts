import { SoftwarePasskey, type Oddities } from './authenticator.js';
import { seeAs, type AskingLatchkey, type SignedInPerson } from './people.js';
import type { Answer } from './send.js';

export interface AddedPasskey {
  readonly passkey: SoftwarePasskey;
  /** Of its row. */
  readonly id: string;
}

export interface PasskeySettings {
  readonly name?: string;
  /** Of the second factor, where there is one. */
  readonly code?: string;
  /** Whether it counts its signatures. */
  readonly counts?: boolean;
}

/** What a passkey is asked to sign by `GET /v1/session/passkey`. */
export async function signInChallenge({ ask }: Pick<AskingLatchkey, 'ask'>): Promise<string> {
  const { status, json, text } = await ask('GET', '/v1/session/passkey');
  if (status !== 200 || json.challenge === null) throw new Error(`No passkeys here: ${text}`);
  return json.challenge;
}

/** What `navigator.credentials.create` would be asked, by somebody who shows once more that it is them. */
export function askToAddPasskey(
  { ask }: Pick<AskingLatchkey, 'ask'>,
  { session, password }: SignedInPerson,
  code?: string,
): Promise<Answer> {
  const body = { password, ...(code !== undefined && { code }) };
  return ask('POST', '/v1/session/passkeys/challenge', { session, body });
}

/** A passkey that is not added yet, and the challenge by which it can be. */
export async function makePasskey(
  latchkey: Pick<AskingLatchkey, 'ask'>,
  person: SignedInPerson,
  { code, counts }: PasskeySettings = {},
): Promise<{ passkey: SoftwarePasskey; challenge: string }> {
  const { status, json, text } = await askToAddPasskey(latchkey, person, code);
  if (status !== 200) throw new Error(`No passkey was begun: ${text}`);
  const { origin } = (await latchkey.ask('GET', '/v1/session/passkey')).json;
  const passkey = new SoftwarePasskey({ origin, rpId: json.rp.id }, json.user.id, counts);
  return { passkey, challenge: json.challenge };
}

/** Adds one, as the console does. */
export async function addPasskey(
  latchkey: Pick<AskingLatchkey, 'ask'>,
  person: SignedInPerson,
  settings: PasskeySettings = {},
): Promise<AddedPasskey> {
  const { passkey, challenge } = await makePasskey(latchkey, person, settings);
  const body = { name: settings.name ?? 'Phone', ...passkey.attest(challenge) };
  const { session } = person;
  const { status, json, text } = await latchkey.ask('POST', '/v1/session/passkeys', {
    ...{ session, body },
  });
  if (status !== 201) throw new Error(`No passkey was added: ${text}`);
  return { passkey, id: json.id };
}

/** What a browser does with one that is asked for. */
export async function enterWithPasskey(
  latchkey: Pick<AskingLatchkey, 'ask'>,
  passkey: SoftwarePasskey,
  odd: Oddities = {},
): Promise<Answer> {
  const body = passkey.assert(await signInChallenge(latchkey), odd);
  return latchkey.ask('POST', '/v1/session/passkey', { body });
}

/** Another session of theirs. */
export async function signInWithPasskey(
  latchkey: AskingLatchkey,
  { password }: Pick<SignedInPerson, 'password'>,
  passkey: SoftwarePasskey,
): Promise<SignedInPerson> {
  return seeAs(latchkey, password, await enterWithPasskey(latchkey, passkey));
}
