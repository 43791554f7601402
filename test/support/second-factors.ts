import { TOTP } from 'otpauth';
import { seeAs, type AskingLatchkey, type SignedInPerson } from './people.js';

/** What is known of an authenticator app that was told its secret. */
export interface App {
  /** In base32. */
  readonly secret: string;
}

export interface SecuredPerson {
  /** With the session that goes on. */
  readonly person: SignedInPerson;
  readonly app: App;
  readonly recoveryCodes: readonly string[];
}

/** What the app shows. @param timestamp epoch milliseconds: now, unless it is another time */
export function codeOf({ secret }: App, timestamp = Date.now()): string {
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
  return { secret: json.secret };
}

/** Begins one and confirms it, as the console does. @param timestamp what the app takes for now */
export async function turnOnSecondFactor(
  latchkey: AskingLatchkey,
  person: SignedInPerson,
  timestamp?: number,
): Promise<SecuredPerson> {
  const app = await beginSecondFactor(latchkey, person);
  const { session, password } = person;
  const body = { password, code: codeOf(app, timestamp) };
  const path = '/v1/session/second-factor/confirm';
  const answer = await latchkey.ask('POST', path, { session, body });
  const confirmed = await seeAs(latchkey, password, answer);
  return { person: confirmed, app, recoveryCodes: answer.json.recoveryCodes };
}
