import { people } from './company.mjs';

/** Those that show a reader of the README what it is. */
export const readmeViews = ['keys', 'rotation', 'request-log'];

/** Who looks. */
export const viewers = {
  operator: { name: 'Olu Adeyemi', email: 'olu@example.com', role: 'admin' },
  auditor: people[2],
};

/** Presses one after the other, by their names: a text is the whole name, a pattern a part of it. */
const press =
  (...names) =>
  async (page) => {
    for (const name of names) {
      const pressable = page.getByRole('button', { name, exact: true });
      await pressable
        .or(page.getByRole('menuitem', { name, exact: true }))
        .first()
        .click();
    }
  };

/** The form of a new key, so many steps on. */
const newKey = (account, ...names) => ({
  path: `${account}/keys/new`,
  act: async (page) => {
    await page.getByRole('textbox', { name: 'Name' }).fill('Shop');
    for (const name of names) {
      if (name === 'Report only') await page.getByText(name, { exact: true }).click();
      else await press(name)(page);
      const scope = page.getByLabel('contacts.read', { exact: true });
      if (await scope.isVisible()) await scope.check();
    }
  },
});

/** A dialog that opens on a page. */
const dialog = (path, ...names) => ({ path, act: press(...names) });

/**
 * Every view of the console, by the name that its pictures get: its path, or that with who looks in place of the operator (`as`,
 * `null` is nobody) and what is done before the picture is taken (`act`).
 */
export function viewsOf(ids) {
  const { accountId, emptyId, operatorId } = ids;
  const account = `/accounts/${accountId}`;
  const empty = `/accounts/${emptyId}`;
  const keyAt = (id) => `${account}/keys/${id}`;
  const key = keyAt(ids.keyId);
  const rotation = keyAt(ids.rotatedKeyId);
  return {
    'first-steps': `/accounts/${operatorId}/keys`,
    'sign-in': { path: '/sign-in', as: null },
    forgot: { path: '/forgot', as: null },
    'wrong-link': { path: '/join#lkj_nobodyMadeThisOne', as: null },
    'not-found': '/there/is/no/such/page',
    security: '/me/security',
    'security-second-factor': dialog('/me/security', 'Turn on…'),

    keys: `${account}/keys`,
    'keys-none': `${account}/keys?q=there-is-no-such-key`,
    'keys-empty': `${empty}/keys`,
    'new-key': `${account}/keys/new`,
    'new-key-scopes': newKey(account, 'Next'),
    'new-key-limits': newKey(account, 'Next', 'Next', 'Report only'),
    'new-key-review': newKey(account, 'Next', 'Next', 'Next'),
    'secret-once': newKey(empty, 'Next', 'Next', 'Next', 'Make the key'),

    key,
    'key-long-name': keyAt(ids.longKeyId),
    'key-500-scopes': keyAt(ids.fullKeyId),
    'key-revoked': keyAt(ids.revokedKeyId),
    'key-none': keyAt('key_nobodyMadeThisOne'),
    'key-edit': dialog(key, 'Edit…'),
    'key-revoke': dialog(keyAt(ids.longKeyId), 'Revoke…'),
    'key-scopes': dialog(key, 'Change the scopes…'),
    'key-500-scopes-edit': dialog(keyAt(ids.fullKeyId), 'Change the scopes…'),
    'key-limits': dialog(key, 'Change the limits…'),
    'key-reissue': dialog(keyAt(ids.fullKeyId), 'Its secret was lost: make it anew…'),

    rotation,
    'rotation-safe': keyAt(ids.safeKeyId),
    'rotation-scheduled': keyAt(ids.scheduledKeyId),
    'rotation-open': dialog(key, 'Rotate…'),
    'rotation-finish': dialog(rotation, 'Finish…'),
    'rotation-finish-safe': dialog(keyAt(ids.safeKeyId), 'Finish…'),
    'rotation-extend': dialog(rotation, 'Move the end…'),
    'rotation-cancel': dialog(rotation, 'Cancel the rotation…'),

    'request-log': `${account}/request-log`,
    'request-log-empty': `${empty}/request-log`,
    'request-log-views': dialog(`${account}/request-log`, 'Views'),
    'request-log-export': dialog(`${account}/request-log`, 'Export…'),
    call: dialog(`${account}/request-log?decision=allowed`, /\d:\d\d:\d\d/),
    'call-denied': dialog(`${account}/request-log?reason=SCOPE_MISSING`, /\d:\d\d:\d\d/),
    'ip-allowlist': `${account}/ip-allowlist`,
    'ip-allowlist-unsaved': {
      path: `${account}/ip-allowlist`,
      act: (page) => page.getByText('Enforce', { exact: true }).click(),
    },
    'ip-allowlist-empty': `${empty}/ip-allowlist`,
    audit: `${account}/audit`,
    'audit-checked': dialog(`${account}/audit`, 'Check the chain'),
    'audit-event': dialog(`${account}/audit?action=key.changed`, /\d:\d\d:\d\d/),
    registers: `${account}/registers`,
    'registers-empty': `${empty}/registers`,
    hygiene: `${account}/hygiene`,
    'hygiene-empty': `${empty}/hygiene`,
    'hygiene-expiry': dialog(`${account}/hygiene`, 'Set an expiry…'),
    'hygiene-scopes': dialog(`${account}/hygiene`, 'Remove them…'),

    notices: `${account}/notices`,
    'notices-empty': `${empty}/notices`,
    notice: dialog(`${account}/notices`, /the key/i),
    'notices-emails': `${account}/notices?tab=emails`,
    'notices-webhooks': `${account}/notices?tab=webhooks`,
    'notices-webhooks-empty': `${empty}/notices?tab=webhooks`,
    'webhook-new': dialog(`${account}/notices?tab=webhooks`, 'Add a webhook…'),
    'webhook-edit': dialog(`${account}/notices?tab=webhooks`, 'Edit…'),
    members: `${account}/members`,
    'members-empty': `${empty}/members`,
    'member-invite': dialog(`${account}/members`, 'Invite…'),
    'member-help': dialog(`${account}/members`, /^More for/),
    'member-remove': dialog(`${account}/members`, 'Remove…'),
    'invitation-link': dialog(`${empty}/members`, /^Make another link/),
    settings: `${account}/settings`,

    accounts: '/installation/accounts',
    'account-new': dialog('/installation/accounts', 'New account'),
    account: `/installation${account}`,
    'account-empty': `/installation${empty}`,
    'account-edit': dialog(`/installation${account}`, 'Edit…'),
    'account-suspend': dialog(`/installation${account}`, 'Suspend…'),
    'binding-new': dialog(`/installation${account}`, 'Bind to a service…'),
    services: '/installation/services',
    'service-new': dialog('/installation/services', 'New service'),
    service: '/installation/services/sample-crm',
    'service-long-routes': '/installation/services/billing',
    'service-edit': dialog('/installation/services/billing', 'Edit…'),
    import: '/installation/services/sample-crm/import',
    'route-tester': `/installation/route-tester?method=GET&path=/crm/contacts&account=${accountId}`,
    scopes: '/installation/scopes',
    'scope-new': dialog('/installation/scopes', 'New scope'),
    'scope-edit': dialog('/installation/scopes?q=contacts', 'Edit contacts.write'),
    'all-calls': '/installation/request-log',
    system: '/installation/system',

    // Last: what an auditor does stands in the request log.
    'new-key-auditor': { path: `${account}/keys/new`, as: 'auditor' },
    'key-auditor': { path: key, as: 'auditor' },
    'members-auditor': { path: `${account}/members`, as: 'auditor' },
    'settings-auditor': { path: `${account}/settings`, as: 'auditor' },
    'accounts-auditor': { path: '/installation/accounts', as: 'auditor' },
  };
}
