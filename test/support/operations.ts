import type { Json } from './latchkey.js';
import type { Management } from './management.js';

/** An account with a key, a rotation of it and a second key that may do in it whatever an account's key may. */
export interface Tenant {
  readonly accountId: string;
  readonly keyId: string;
  readonly rotationId: string;
  /** The second key's. */
  readonly adminId: string;
  readonly admin: string;
}

/** Every management scope that is of use outside the operator's account (contract §6). */
export const tenantScopes = [
  'latchkey.accounts.read',
  'latchkey.members.read',
  'latchkey.members.write',
  'latchkey.keys.read',
  'latchkey.keys.write',
  'latchkey.scopes.read',
  'latchkey.services.read',
  'latchkey.request_log.read',
  'latchkey.audit.read',
  'latchkey.self.rotate',
];

export const operatorScopes = [
  'latchkey.accounts.write',
  'latchkey.scopes.write',
  'latchkey.services.write',
];

export async function openTenant(latchkey: Management, name = 'Tenant'): Promise<Tenant> {
  const { id: accountId } = await latchkey.openAccount({ name });
  const admin = await latchkey.makeKey(accountId, {
    name: 'Admin',
    scopes: tenantScopes,
    grantableScopes: tenantScopes,
  });
  const key = await latchkey.makeKey(accountId);
  const path = `/v1/accounts/${accountId}/keys/${key.id}/rotations`;
  const rotation = await latchkey.manage('POST', path, { graceSeconds: 3600 });
  return {
    accountId,
    keyId: key.id,
    rotationId: rotation.id,
    adminId: admin.id,
    admin: admin.secret,
  };
}

/** A template of the OpenAPI document with these ids in it. What it does not name is `nothing`. */
export function fillIn(template: string, ids: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? 'nothing');
}

/** A body that an operation below a key takes, where one without properties will not do. */
export function bodyFor(method: string, template: string): Json {
  const found = Object.entries(bodiesByEnding).find(([ending]) => template.endsWith(ending));
  return method === 'GET' ? undefined : found?.[1];
}

const bodiesByEnding: Readonly<Record<string, Json>> = {
  '/keys/{keyId}': { name: 'Renamed' },
  '/ip-allowlist': { mode: 'off', entries: [] },
  '/ip-allowlist/check': { ip: '192.0.2.1' },
  '/rotations': { graceSeconds: 60 },
  '/extend': { graceEndsAt: '2099-01-01T00:00:00.000Z' },
};
