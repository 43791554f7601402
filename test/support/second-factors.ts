import { TOTP } from 'otpauth';
import { seeAs, type AskingLatchkey, type SignedInPerson } from './people.js';

/** What is known of an authenticator app that was told its secret. */
export interface App {
  /** In base32. */
  readonly secret: string;
  /** Milliseconds by which the clock of Latchkey was ahead of ours. */
  readonly aheadMs?: number;
}

export interface SecuredPerson {
  /** With the session that goes on. */
  readonly person: SignedInPerson;
  readonly app: App;
  readonly recoveryCodes: readonly string[];
}

/** For how long Latchkey waits for a first code. */
const confirmWithinMs = 30 * 60_000;

/** What the app shows. @param timestamp epoch milliseconds: Latchkey's now, unless it is another time */
export function codeOf({ secret, aheadMs = 0 }: App, timestamp = Date.now() + aheadMs): string {
  return new TOTP({ secret }).generate({ timestamp });
}

export async function beginSecondFactor(
  latchkey: AskingLatchkey,
  { session }: SignedInPerson,
): Promise<App> {
  const { status, json, text } = await latchkey.ask('POST', '/v1/session/second-factor', {
    session,
  });
  if (status !== 201) throw new Error(`No second factor was begun: ${text}`);
  const aheadMs = Date.parse(json.expiresAt) - confirmWithinMs - Date.now();
  return { secret: json.secret, aheadMs };
}

/** Begins one and confirms it, as the console does. */
export async function turnOnSecondFactor(
  latchkey: AskingLatchkey,
  person: SignedInPerson,
): Promise<SecuredPerson> {
  const app = await beginSecondFactor(latchkey, person);
  const { session, password } = person;
  const body = { password, code: codeOf(app) };
  const path = '/v1/session/second-factor/confirm';
  const answer = await latchkey.ask('POST', path, { session, body });
  const confirmed = await seeAs(latchkey, password, answer);
  return { person: confirmed, app, recoveryCodes: answer.json.recoveryCodes };
}
