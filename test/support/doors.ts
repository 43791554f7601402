import type { Crm } from './crm.js';
import type { CallRow, TestLatchkey } from './latchkey.js';
import { sendRaw, type RawAnswer, type RawRequest } from './raw-http.js';

export type DoorName = 'gateway' | 'self' | 'management';

/** A way in, with a secret that opens it. */
export interface OpenDoor {
  readonly name: DoorName;
  readonly path: string;
  readonly keyId: string;
  readonly secret: string;
  /** What every row of a call to `path` says. */
  readonly row: CallRow;
  /** Calls `path`, followed by `suffix` byte for byte. */
  send(suffix: string, request?: Omit<RawRequest, 'target'>): Promise<RawAnswer>;
}

export const doorNames: readonly DoorName[] = ['gateway', 'self', 'management'];

/** Every door there is, each behind a key that opens a guarded route of it. */
export async function openDoors(
  latchkey: TestLatchkey,
  crm: Crm,
): Promise<Record<DoorName, OpenDoor>> {
  const operator = await ownKey(latchkey);
  const vendor = await crm.makeKey();
  const inCrm = { keyId: vendor.id, secret: vendor.secret };
  const door = (
    name: DoorName,
    path: string,
    key: { keyId: string; secret: string },
  ): OpenDoor => ({
    name,
    path,
    ...key,
    row: { door: name, path, method: 'GET', callerIp: '127.0.0.1', peerIp: '127.0.0.1' },
    send: (suffix, request = {}) => {
      const origin = name === 'management' ? latchkey.managementUrl : latchkey.accessUrl;
      return sendRaw(origin, { ...request, target: path + suffix });
    },
  });
  return {
    gateway: door('gateway', '/crm/contacts', inCrm),
    self: door('self', '/latchkey/v1/self', inCrm),
    management: door('management', '/v1/accounts', operator),
  };
}

async function ownKey(latchkey: TestLatchkey): Promise<{ keyId: string; secret: string }> {
  const secret = latchkey.operatorKey;
  const self = await latchkey.call('GET', '/latchkey/v1/self', { secret });
  return { keyId: self.json.key.id, secret };
}
