import {
  always,
  makeKey,
  makeUsedKey,
  manages,
  managesOnce,
  openAccount,
  operation,
  untilThen,
  type KillableOperation,
} from './killable-operations.js';
import type { MortalLatchkey } from './mortal-latchkey.js';

const ofAccounts = [
  operation('create an account', 'account.created', async (_latchkey, tag) => ({
    request: managesOnce('POST', '/v1/accounts', { name: tag, kind: 'sandbox' }, tag),
    made: [],
  })),
  operation('put the policy of an account', 'account.policy_changed', async (latchkey, tag) => {
    const account = await openAccount(latchkey, tag);
    const body = { overAge: 'refuse', keyLifetimeDaysMax: 90 };
    return { request: manages('PUT', `/v1/accounts/${account.id}/policy`, body), made: [account] };
  }),
];

export const createKey = operation('create a key', 'key.created', async (latchkey, tag) => {
  const account = await openAccount(latchkey, tag);
  const body = {
    ...{ name: tag, purpose: 'Books', grantableScopes: ['contacts.read'] },
    scopes: ['contacts.read', 'contacts.write'],
    ipAllowlist: { mode: 'report', entries: [{ cidr: '192.0.2.0/24' }] },
    expiresAt: '2099-01-01T00:00:00.000Z',
  };
  return {
    request: managesOnce('POST', `/v1/accounts/${account.id}/keys`, body, tag),
    made: [account],
  };
});

const ofKeys = [
  createKey,
  operation('change a key', 'key.changed', async (latchkey, tag) => {
    const { path, secret, made } = await makeUsedKey(latchkey, tag);
    const body = {
      name: `${tag} changed`,
      scopes: ['contacts.write'],
      grantableScopes: ['contacts.read'],
    };
    const secrets = [{ text: secret, isUsed: true, works: always }];
    return { request: manages('PATCH', path, body), made, key: { path, secrets } };
  }),
  operation('suspend a key', 'key.suspended', async (latchkey, tag) => {
    const { path, secret, made } = await makeUsedKey(latchkey, tag);
    const secrets = [{ text: secret, isUsed: true, works: untilThen }];
    const request = manages('POST', `${path}/suspend`);
    return { request, made, key: { path, secrets, shut: 'after' } };
  }),
  operation('resume a key', 'key.resumed', async (latchkey, tag) => {
    const { path, secret, made } = await makeUsedKey(latchkey, tag);
    await latchkey.manage('POST', `${path}/suspend`);
    const secrets = [{ text: secret, isUsed: true, works: { before: false, after: true } }];
    const request = manages('POST', `${path}/resume`);
    return { request, made, key: { path, secrets, shut: 'before' } };
  }),
  operation('revoke a key that is being rotated', 'key.revoked', async (latchkey, tag) => {
    const { path, oldSecret, newSecret, made } = await openRotation(latchkey, tag);
    const secrets = [
      { text: oldSecret, isUsed: true, works: untilThen },
      { text: newSecret, isUsed: false, works: untilThen },
    ];
    const request = manages('POST', `${path}/revoke`);
    return { request, made, key: { path, secrets, shut: 'after' } };
  }),
  operation('reissue the secret of a key', 'key.reissued', async (latchkey, tag) => {
    const { path, secret, made } = await makeKey(latchkey, tag);
    const secrets = [{ text: secret, isUsed: false, works: untilThen }];
    return { request: manages('POST', `${path}/reissue`), made, key: { path, secrets } };
  }),
  operation('put the IP allowlist of a key', 'key.ip_allowlist_changed', async (latchkey, tag) => {
    const { path, secret, made } = await makeUsedKey(latchkey, tag);
    const body = { mode: 'enforce', entries: [{ cidr: '127.0.0.0/8', note: tag }] };
    const secrets = [{ text: secret, isUsed: true, works: always }];
    return { request: manages('PUT', `${path}/ip-allowlist`, body), made, key: { path, secrets } };
  }),
];

export const rotationSteps = {
  open: operation('open a rotation', 'rotation.opened', async (latchkey, tag) => {
    const { path, secret, made } = await makeUsedKey(latchkey, tag);
    const request = managesOnce('POST', `${path}/rotations`, { graceSeconds: 3600 }, tag);
    const secrets = [{ text: secret, isUsed: true, works: always }];
    return { request, made, key: { path, secrets } };
  }),
  openWithoutGrace: operation(
    'open a rotation without a grace',
    'rotation.opened',
    async (latchkey, tag) => {
      const { path, secret, made } = await makeUsedKey(latchkey, tag);
      const request = managesOnce('POST', `${path}/rotations`, { graceSeconds: 0 }, tag);
      const secrets = [{ text: secret, isUsed: true, works: untilThen }];
      return { request, made, key: { path, secrets } };
    },
  ),
  schedule: operation('schedule a rotation', 'rotation.opened', async (latchkey, tag) => {
    const { path, secret, made } = await makeUsedKey(latchkey, tag);
    const body = { startsAt: new Date(Date.now() + 86_400_000).toISOString(), graceSeconds: 60 };
    const request = managesOnce('POST', `${path}/rotations`, body, tag);
    const secrets = [{ text: secret, isUsed: true, works: always }];
    return { request, made, key: { path, secrets } };
  }),
  openByItself: operation('rotate itself', 'rotation.opened', async (latchkey, tag) => {
    const { path, secret, made } = await makeUsedKey(latchkey, tag);
    const request = {
      ...({ door: 'access', method: 'POST', path: '/latchkey/v1/self/rotations', secret } as const),
      ...{ body: { graceSeconds: 3600 }, headers: { 'idempotency-key': tag } },
    };
    const secrets = [{ text: secret, isUsed: true, works: always }];
    return { request, made, key: { path, secrets } };
  }),
  extend: operation('extend a rotation', 'rotation.extended', async (latchkey, tag) => {
    const { rotationPath, ...open } = await openRotation(latchkey, tag);
    const body = { graceEndsAt: new Date(Date.now() + 86_400_000).toISOString() };
    const request = manages('POST', `${rotationPath}/extend`, body);
    return { request, ...atStake(open, always, always) };
  }),
  finish: operation('finish a rotation', 'rotation.finished', async (latchkey, tag) => {
    const { rotationPath, ...open } = await openRotation(latchkey, tag);
    const request = manages('POST', `${rotationPath}/finish`);
    return { request, ...atStake(open, untilThen, always) };
  }),
  cancel: operation('cancel a rotation', 'rotation.cancelled', async (latchkey, tag) => {
    const { rotationPath, ...open } = await openRotation(latchkey, tag);
    const request = manages('POST', `${rotationPath}/cancel`);
    return { request, ...atStake(open, always, untilThen) };
  }),
  reissue: operation(
    'reissue the secret of a rotation',
    'rotation.reissued',
    async (latchkey, tag) => {
      const { rotationPath, ...open } = await openRotation(latchkey, tag);
      const request = manages('POST', `${rotationPath}/reissue`);
      return { request, ...atStake(open, always, untilThen) };
    },
  ),
};

/** Written by a call, not by a change: it is no event. */
const firstUse = operation('use a new secret for the first time', null, async (latchkey, tag) => {
  const { path, secret, made } = await makeKey(latchkey, tag);
  const secrets = [{ text: secret, isUsed: false, works: always }];
  const request = { door: 'access', method: 'GET', path: '/latchkey/v1/self', secret } as const;
  return { request, made, key: { path, secrets } };
});

export const keyOperations: readonly KillableOperation[] = [
  ...ofAccounts,
  ...ofKeys,
  ...Object.values(rotationSteps),
  firstUse,
];

interface OpenRotation {
  readonly path: string;
  readonly oldSecret: string;
  readonly newSecret: string;
  readonly made: readonly unknown[];
}

/** A key with two secrets: the old one has been used, the new one not yet. */
async function openRotation(
  latchkey: MortalLatchkey,
  tag: string,
): Promise<OpenRotation & { readonly rotationPath: string }> {
  const { path, secret, made } = await makeUsedKey(latchkey, tag);
  const rotation = await latchkey.manage('POST', `${path}/rotations`, { graceSeconds: 3600 });
  return {
    path,
    rotationPath: `${path}/rotations/${rotation.id}`,
    oldSecret: secret,
    newSecret: rotation.secret,
    made: [...made, rotation],
  };
}

function atStake(
  { path, oldSecret, newSecret, made }: OpenRotation,
  oldWorks: typeof always,
  newWorks: typeof always,
) {
  const secrets = [
    { text: oldSecret, isUsed: true, works: oldWorks },
    { text: newSecret, isUsed: false, works: newWorks },
  ];
  return { made, key: { path, secrets } };
}
