/** Scopes under this prefix open Latchkey's own management API. No import and no `PUT` may create one. */
export const managementScopePrefix = 'latchkey.';

interface ManagementScope {
  readonly name: string;
  readonly description: string;
  /** Of use to the operator's account alone: no other account's key ever acts with it. */
  readonly operatorOnly: boolean;
}

const everyAccount = (name: string, description: string): ManagementScope => ({
  name,
  description,
  operatorOnly: false,
});
const operatorOnly = (name: string, description: string): ManagementScope => ({
  name,
  description,
  operatorOnly: true,
});

/** The management part of the scope catalogue (contract §6). */
export const managementScopes: readonly ManagementScope[] = [
  everyAccount('latchkey.accounts.read', 'Read accounts and their settings'),
  operatorOnly('latchkey.accounts.write', 'Open, change, suspend and resume accounts'),
  everyAccount('latchkey.members.read', 'Read the members of an account'),
  everyAccount('latchkey.members.write', 'Invite, change and remove members'),
  everyAccount('latchkey.keys.read', 'Read keys and rotations, never their secrets'),
  everyAccount('latchkey.keys.write', 'Create, change, rotate, suspend, resume and revoke keys'),
  everyAccount('latchkey.scopes.read', 'Read the scope catalogue'),
  operatorOnly('latchkey.scopes.write', 'Change the scope catalogue'),
  everyAccount('latchkey.services.read', 'Read services and their routes'),
  operatorOnly('latchkey.services.write', 'Publish services, their routes and their bindings'),
  everyAccount('latchkey.request_log.read', 'Read the request log'),
  everyAccount('latchkey.audit.read', 'Read the audit trail'),
  everyAccount('latchkey.notices.read', 'Read notices, their delivery, and webhooks'),
  everyAccount('latchkey.notices.write', 'Set up webhooks and who gets notices by e-mail'),
  everyAccount('latchkey.self.rotate', 'Let an integration rotate its own key'),
  everyAccount('latchkey.verify', 'Verify the secrets that came to a server of your own'),
];

const operatorOnlyNames = new Set(
  managementScopes.filter((scope) => scope.operatorOnly).map((scope) => scope.name),
);

export function isManagementScope(name: string): boolean {
  return name.startsWith(managementScopePrefix);
}

export function isOperatorOnlyScope(name: string): boolean {
  return operatorOnlyNames.has(name);
}
