/** Those that show a reader of the README what it is. */
export const readmeViews = ['keys', 'rotation', 'request-log'];

/** Every view of the console, by the name that its pictures get. */
export function viewsOf({ accountId, keyId, rotatedKeyId, operatorId }) {
  const account = `/accounts/${accountId}`;
  return {
    'first-steps': `/accounts/${operatorId}/keys`,
    security: '/me/security',
    keys: `${account}/keys`,
    'keys-none': `${account}/keys?q=there-is-no-such-key`,
    'new-key': `${account}/keys/new`,
    key: `${account}/keys/${keyId}`,
    rotation: `${account}/keys/${rotatedKeyId}`,
    'request-log': `${account}/request-log`,
    'ip-allowlist': `${account}/ip-allowlist`,
    audit: `${account}/audit`,
    registers: `${account}/registers`,
    hygiene: `${account}/hygiene`,
    notices: `${account}/notices`,
    'notices-emails': `${account}/notices?tab=emails`,
    'notices-webhooks': `${account}/notices?tab=webhooks`,
    members: `${account}/members`,
    settings: `${account}/settings`,
    accounts: '/installation/accounts',
    account: `/installation/accounts/${accountId}`,
    services: '/installation/services',
    service: '/installation/services/sample-crm',
    import: '/installation/services/sample-crm/import',
    'route-tester': '/installation/route-tester?method=GET&path=/crm/contacts',
    scopes: '/installation/scopes',
    system: '/installation/system',
  };
}
