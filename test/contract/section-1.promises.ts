import type { Promised } from '../support/contract.js';

export const section1: readonly Promised[] = [
  {
    says: '`ACCESS_HOST`, `ACCESS_PORT` | `127.0.0.1`, `8080` | public listener',
    shownBy: [
      'src/platform/config/settings.spec.ts: have a default for everything',
      'test/contract/settings.test.ts: are where their hosts and ports say, and nowhere else',
      'test/http/envelope-exposure.test.ts: management is not on the public port',
    ],
  },
  {
    says: '`MANAGEMENT_HOST`, `MANAGEMENT_PORT` | `127.0.0.1`, `8081` | management API and console',
    shownBy: [
      'src/platform/config/settings.spec.ts: have a default for everything',
      'test/contract/settings.test.ts: are where their hosts and ports say, and nowhere else',
      'test/http/management-tenancy.test.ts: the management listener knows no %s',
      'test/console/served.test.ts: %s is the page, in no frame, and under a policy without inline scripts',
      'test/console/first-key.test.ts: a key is made, its secret is shown once and works, and is nowhere afterwards',
    ],
  },
  {
    says: '`DATABASE_URL` | `sqlite:./data/latchkey.db` | or `postgres://…`',
    shownBy: [
      'test/contract/settings.test.ts: both databases and the keys, in ./data',
      'test/contract/settings.test.ts: or where DATABASE_URL and CALL_LOG_URL say',
      'test/faults/start-postgres.test.ts: does all that it does',
    ],
  },
  {
    says: '`CALL_LOG_URL` | SQLite: a file beside the database; PostgreSQL: the same database, schema `call_log` | the call log; made by migrations',
    shownBy: [
      'test/contract/settings.test.ts: both databases are made by migrations',
      'test/contract/settings.test.ts: or where DATABASE_URL and CALL_LOG_URL say',
      'test/faults/start-postgres.test.ts: is begun once by nodes that start together',
      'test/store/call-log-schema.test.ts: is made once, and found as it is after that',
    ],
  },
  {
    says: '`JUNK_ROWS_PER_MINUTE` | `600` | call rows per minute and address block (/24, /64) for calls without a genuine secret; beyond it they are counted',
    shownBy: [
      'test/http/junk-budget.test.ts: the answer is the same for all of them; the budget is each block’s own, and so is the count',
      'src/platform/config/settings.spec.ts: have a default for everything',
    ],
  },
  {
    says: "`OPERATOR_KEY` | unset | first management key of the operator's account: if set on an empty store (at least 32 characters, else the start fails) it becomes that key, a *legacy-format* secret; if unset one is made and written to `operator.key` in the data folder, mode 600 (its path is printed, never its value)",
    shownBy: [
      'test/faults/start-keys.test.ts: OPERATOR_KEY becomes the first key of an empty store',
      'test/http/credentials-legacy.test.ts: a legacy secret (OPERATOR_KEY)',
      'test/contract/settings.test.ts: an operator key of 31',
      'test/contract/settings.test.ts: both databases and the keys, in ./data',
      'test/faults/start-postgres.test.ts: makes the key of the operator in its own folder',
      'test/http/demo.test.ts: names the files it made, mode 600',
    ],
  },
  {
    says: '`KEY_PEPPER`, `SEALING_KEY` | files in the data folder, mode 600, made on first start | ≥ 32 bytes base64url each, versioned (current + retired, so that both can be changed).',
    shownBy: [
      'test/contract/settings.test.ts: both databases and the keys, in ./data',
      'test/faults/start-keys.test.ts: are made once, for their owner alone',
      'test/faults/start-keys.test.ts: both can be changed',
      'src/platform/config/versioned-keys.spec.ts: 31 bytes',
      'test/contract/settings.test.ts: a pepper that is too short',
      'test/http/sealing-key.test.ts: is rotated: everything is sealed anew, and the old key is gone',
      'test/http/sealing-key.test.ts: is changed to the first of several, after which the others can be left out',
    ],
  },
  {
    says: 'With `postgres://` they must be set.',
    shownBy: ['test/faults/start-postgres.test.ts: needs %s, the right one'],
  },
  {
    says: 'A fingerprint of each lies in the database: a wrong one stops the start',
    shownBy: [
      'test/faults/start-keys.test.ts: the start is refused and nothing changed',
      'test/store/key-fingerprints.test.ts: #96 let one of two nodes begin',
      'test/faults/start-postgres.test.ts: needs %s, the right one',
    ],
  },
  {
    says: '`KEY_PREFIX` | `lk` | first part of every new key; older prefixes stay valid',
    shownBy: [
      'test/faults/start-keys.test.ts: KEY_PREFIX can be changed',
      'test/http/credentials-legacy.test.ts: stay valid when KEY_PREFIX changes',
    ],
  },
  {
    says: '`TRUSTED_PROXIES` | none | CIDR list; only these may say who the caller is',
    shownBy: [
      'test/http/gateway-trusted-proxies.test.ts: X-Forwarded-For %j from one: the caller is %s',
      'test/http/gateway-trusted-proxies.test.ts: the same from anybody else is not believed',
      'test/http/ip-caller.test.ts: #40 no header: the peer',
      'test/http/ip-caller.test.ts: #41 X-Forwarded-For of an untrusted peer is ignored',
      'src/platform/config/settings.spec.ts: have a default for everything',
    ],
  },
  {
    says: '`CALL_LOG_MODE` | `durable` | `durable`: on disk (fsync) before the answer, survives power loss.',
    shownBy: [
      'test/contract/call-log-modes.test.ts: loses no call that was answered, if it is %s',
      'test/contract/call-log-modes.test.ts: syncs each commit to the disk if it is durable',
      'test/http/gateway-log-first.test.ts: the answer to a %s is held until its row is on disk',
    ],
  },
  {
    says: '`committed`: survives kill -9.',
    shownBy: [
      'test/contract/call-log-modes.test.ts: loses no call that was answered, if it is %s',
      'test/store/call-log-faults.test.ts: has every acknowledged row once after kill -9',
    ],
  },
  {
    says: '`buffered`: bounded, counted loss',
    shownBy: [
      'test/contract/call-log-modes.test.ts: a call that is buffered is answered while nothing can be written',
      'test/store/call-log.test.ts: beyond the bound of the queue is lost and counted if buffered',
    ],
  },
  {
    says: '`LATCHKEY_DEMO` | `on` if both listeners are on loopback and `NODE_ENV` is not `production` | on an empty store, make a sample account, service, scopes and keys so that the printed `curl` lines work at once',
    shownBy: [
      'test/http/demo.test.ts: prints commands that work as they stand',
      'test/http/demo.test.ts: %s: no sample, no commands',
      'test/http/demo-repair.test.ts: a store that already has %s: no demo is made',
      'src/platform/config/settings.spec.ts: %j is taken',
    ],
  },
  {
    says: 'A bad value stops the start with one line that names the variable, what it held (secrets masked) and what it takes.',
    shownBy: [
      'src/platform/config/settings.spec.ts: %s is refused in one line',
      'test/contract/settings.test.ts: a database of another kind',
      'test/contract/settings.test.ts: a pepper that is too short',
      'test/faults/start-refused.test.ts: says which setting is wrong',
    ],
  },
  {
    says: 'Ready means: `GET /latchkey/health/ready` on either listener answers 200.',
    shownBy: [
      'test/contract/settings.test.ts: both say that Latchkey is ready, to everyone',
      'test/http/gateway-log-first.test.ts: a log that cannot be written lets nothing through',
    ],
  },
];
