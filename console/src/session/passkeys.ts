import {
  browserSupportsWebAuthn,
  startAuthentication,
  startRegistration,
} from '@simplewebauthn/browser';
import type { Schemas } from '@latchkey/sdk';
import { queryOptions } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';

export type Passkey = Schemas['PasskeyResponse'];
type BegunPasskey = Schemas['BegunPasskeyResponse'];

export const passkeysQuery = queryOptions({
  queryKey: ['passkeys'],
  queryFn: () => answered(api.GET('/v1/session/passkeys')),
});

const readWay = () => answered(api.GET('/v1/session/passkey'));

/** Where passkeys work. The challenge that comes along grows too old to be kept. */
export const passkeyOriginQuery = queryOptions({
  queryKey: ['passkey-origin'],
  staleTime: Infinity,
  queryFn: async () => (await readWay()).origin,
});

/** Whether they do on this page, in this browser. */
export function canUsePasskeys(origin: string | null | undefined): boolean {
  return origin === window.location.origin && browserSupportsWebAuthn();
}

/** Has the browser ask for one, and signs in with it. @returns whether somebody is in: they may have thought better of it */
export async function enterWithPasskey(): Promise<boolean> {
  const { challenge, rpId, timeoutMs: timeout } = await readWay();
  if (challenge === null || rpId === null) throw new Error('There are no passkeys here.');
  const userVerification = 'required' as const;
  const shown = await unlessCancelled(
    startAuthentication({ optionsJSON: { challenge, rpId, timeout, userVerification } }),
  );
  if (shown === null) return false;
  const { id, response } = shown;
  const { clientDataJSON, authenticatorData, signature, userHandle } = response;
  const body = {
    ...{ id, clientDataJSON, authenticatorData, signature },
    ...(userHandle !== undefined && { userHandle }),
  };
  await answered(api.POST('/v1/session/passkey', { body }));
  return true;
}

/**
 * Has the browser make one, and adds it.
 *
 * @param begun what the server asks of the browser
 * @returns whether there is one more: somebody may have thought better of it
 */
export async function addPasskey(begun: BegunPasskey, name: string): Promise<boolean> {
  const made = await unlessCancelled(startRegistration({ optionsJSON: begun }));
  if (made === null) return false;
  const { clientDataJSON, attestationObject, transports } = made.response;
  const body = {
    ...{ name, id: made.id, clientDataJSON, attestationObject },
    ...(transports !== undefined && { transports }),
  };
  await answered(api.POST('/v1/session/passkeys', { body }));
  return true;
}

/** A browser says in one way that somebody cancelled, that it took too long, and that they have none: they were told there. */
async function unlessCancelled<T>(asking: Promise<T>): Promise<T | null> {
  try {
    return await asking;
  } catch (error) {
    const { name } = error as Error;
    if (name === 'NotAllowedError' || name === 'AbortError') return null;
    throw new Error(wordsFor[name] ?? 'The browser could not do it.', { cause: error });
  }
}

const wordsFor: Readonly<Record<string, string>> = {
  InvalidStateError: 'There is a passkey of yours on this device already.',
  ConstraintError: 'This device cannot see that it is you: set up a screen lock, or use another.',
  NotSupportedError: 'This device cannot make such a passkey. Use another.',
  SecurityError: 'The browser makes no passkeys for this address.',
};
