import { describe, expect, it } from '@jest/globals';
import { StartError } from '../../core/start-error.js';
import { readSettings, type Settings } from './settings.js';

const secret = 'S3cret-of-the-house';
const key32 = 'A'.repeat(43);
const onPostgres = {
  DATABASE_URL: `postgres://me:${secret}@db/x`,
  KEY_PEPPER: key32,
  SEALING_KEY: key32,
};

const isLogOnPostgres = (settings: Settings) => settings.callLogUrl.startsWith('postgres://');

/** @returns the one line that stops the start */
function refusal(environment: Record<string, string>): string {
  try {
    readSettings(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(StartError);
    return (error as StartError).message;
  }
  throw new Error('Nothing was refused.');
}

describe('settings', () => {
  it('have a default for everything', () => {
    const { trustedProxies, webhookAllowedRanges, ...settings } = readSettings({});
    expect(settings).toEqual({
      access: { host: '127.0.0.1', port: 8080 },
      management: { host: '127.0.0.1', port: 8081 },
      databaseUrl: 'sqlite:./data/latchkey.db',
      callLogUrl: 'sqlite:data/call-log.db',
      callLogMode: 'durable',
      junkRowsPerMinute: 600,
      operatorKey: undefined,
      keyPepper: undefined,
      sealingKey: undefined,
      keyPrefix: 'lk',
      policyDefaults: {
        ...{ secretAgeDaysMax: 180, overAge: 'report', keyLifetimeDaysMax: null },
        ...{ graceSecondsDefault: 604_800, graceSecondsMax: 7_776_000, quietSeconds: 86_400 },
        ...{ deprecationHeaders: true, rotationGuideUrl: null },
        ...{ retentionDaysCalls: 90, retentionDaysCounters: 90, retentionDaysAudit: 90 },
      },
      consoleUrl: null,
      accessUrl: null,
      sessionTerms: { idleMs: 3_600_000, longestMs: 43_200_000 },
      smtp: null,
      demo: true,
      dataFolder: './data',
    });
    expect(trustedProxies.has('127.0.0.1')).toBe(false);
    expect(webhookAllowedRanges.isEmpty).toBe(true);
  });

  it('that are empty count as unset, as in an .env file', () => {
    const names = [
      ...['ACCESS_HOST', 'ACCESS_PORT', 'MANAGEMENT_HOST', 'MANAGEMENT_PORT', 'DATABASE_URL'],
      ...['CALL_LOG_URL', 'CALL_LOG_MODE', 'JUNK_ROWS_PER_MINUTE', 'OPERATOR_KEY', 'KEY_PEPPER'],
      ...['SEALING_KEY', 'KEY_PREFIX', 'TRUSTED_PROXIES', 'LATCHKEY_DEMO'],
      ...['SECRET_AGE_DAYS_MAX', 'SECRET_OVER_AGE', 'KEY_LIFETIME_DAYS_MAX'],
      ...['GRACE_SECONDS_DEFAULT', 'GRACE_SECONDS_MAX', 'QUIET_SECONDS'],
      ...['DEPRECATION_HEADERS', 'ROTATION_GUIDE_URL'],
      ...['RETENTION_DAYS_CALLS', 'RETENTION_DAYS_COUNTERS', 'RETENTION_DAYS_AUDIT'],
      ...['SMTP_URL', 'NOTICE_FROM', 'WEBHOOK_ALLOWED_RANGES'],
      ...['CONSOLE_URL', 'ACCESS_URL', 'SESSION_IDLE_MINUTES', 'SESSION_MINUTES_MAX'],
    ];
    const empty = Object.fromEntries(names.map((name) => [name, '']));
    expect(JSON.stringify(readSettings(empty))).toBe(JSON.stringify(readSettings({})));
  });

  const good: [Record<string, string>, (settings: Settings) => unknown, unknown][] = [
    [{ ACCESS_HOST: '0.0.0.0' }, (s) => s.access.host, '0.0.0.0'],
    [{ ACCESS_HOST: '::1' }, (s) => s.access.host, '::1'],
    [{ MANAGEMENT_HOST: 'latchkey.internal' }, (s) => s.management.host, 'latchkey.internal'],
    [{ ACCESS_PORT: '0' }, (s) => s.access.port, 0],
    [{ ACCESS_PORT: '65535' }, (s) => s.access.port, 65_535],
    [{ ACCESS_PORT: '0', MANAGEMENT_PORT: '0' }, (s) => s.management.port, 0],
    [{ DATABASE_URL: 'sqlite:/var/lib/l/main.db' }, (s) => s.dataFolder, '/var/lib/l'],
    [{ DATABASE_URL: 'sqlite:/x/a.db' }, (s) => s.callLogUrl, 'sqlite:/x/call-log.db'],
    [{ DATABASE_URL: 'sqlite:a.db' }, (s) => s.dataFolder, '.'],
    [
      { WEBHOOK_ALLOWED_RANGES: '10.1.2.0/24' },
      (s) => s.webhookAllowedRanges.has('10.1.2.3'),
      true,
    ],
    [
      { SMTP_URL: `smtp://me%40x:${secret}@mail.example.com`, NOTICE_FROM: 'keys@example.com' },
      (s) => s.smtp,
      {
        ...{ host: 'mail.example.com', port: 587, secure: false, user: 'me@x', password: secret },
        from: 'keys@example.com',
      },
    ],
    [
      { SMTP_URL: 'smtps://[::1]:2465/', NOTICE_FROM: 'keys@example.com' },
      (s) => s.smtp,
      {
        ...{ host: '::1', port: 2465, secure: true, user: null, password: null },
        from: 'keys@example.com',
      },
    ],
    [onPostgres, (s) => s.callLogUrl, onPostgres.DATABASE_URL],
    [onPostgres, (s) => s.dataFolder, './data'],
    [{ ...onPostgres, CALL_LOG_URL: 'sqlite:log.db' }, (s) => s.callLogUrl, 'sqlite:log.db'],
    [{ CALL_LOG_URL: 'postgresql://db/x' }, (s) => s.callLogUrl, 'postgresql://db/x'],
    [{ CALL_LOG_URL: 'postgres://me:100%25@db:5433/x?sslmode=require' }, isLogOnPostgres, true],
    [{ CALL_LOG_URL: 'postgres://me:p%40ss%2Fw@[::1]/x' }, isLogOnPostgres, true],
    [{ CALL_LOG_URL: 'postgres://me@/x?host=/var/run/postgresql' }, isLogOnPostgres, true],
    [{ CALL_LOG_MODE: 'committed' }, (s) => s.callLogMode, 'committed'],
    [{ CALL_LOG_MODE: 'buffered' }, (s) => s.callLogMode, 'buffered'],
    [{ JUNK_ROWS_PER_MINUTE: '0' }, (s) => s.junkRowsPerMinute, 0],
    [{ OPERATOR_KEY: 'o'.repeat(32) }, (s) => s.operatorKey, 'o'.repeat(32)],
    [{ OPERATOR_KEY: `${'a-b._~+/'.repeat(4)}==` }, (s) => s.operatorKey?.length, 34],
    [{ OPERATOR_KEY: 'o'.repeat(512) }, (s) => s.operatorKey?.length, 512],
    [{ OPERATOR_KEY: `lkx_${'o'.repeat(32)}` }, (s) => s.operatorKey?.length, 36],
    [{ KEY_PREFIX: 'acme' }, (s) => s.keyPrefix, 'acme'],
    [{ KEY_PREFIX: 'lk2' }, (s) => s.keyPrefix, 'lk2'],
    [{ KEY_PREFIX: 'a234567890123456' }, (s) => s.keyPrefix, 'a234567890123456'],
    [{ TRUSTED_PROXIES: '10.0.0.0/8, ::1 ,' }, (s) => s.trustedProxies.has('10.1.2.3'), true],
    [{ TRUSTED_PROXIES: '10.0.0.0/8, ::1' }, (s) => s.trustedProxies.has('::1'), true],
    [{ TRUSTED_PROXIES: '10.0.0.0/8' }, (s) => s.trustedProxies.has('11.0.0.1'), false],
    [{ RETENTION_DAYS_CALLS: '1' }, (s) => s.policyDefaults.retentionDaysCalls, 1],
    [{ RETENTION_DAYS_AUDIT: '3650' }, (s) => s.policyDefaults.retentionDaysAudit, 3650],
    [{ SECRET_AGE_DAYS_MAX: '36500' }, (s) => s.policyDefaults.secretAgeDaysMax, 36_500],
    [{ SECRET_OVER_AGE: 'refuse' }, (s) => s.policyDefaults.overAge, 'refuse'],
    [{ KEY_LIFETIME_DAYS_MAX: '1' }, (s) => s.policyDefaults.keyLifetimeDaysMax, 1],
    [{ GRACE_SECONDS_DEFAULT: '0' }, (s) => s.policyDefaults.graceSecondsDefault, 0],
    [{ GRACE_SECONDS_MAX: '60' }, (s) => s.policyDefaults.graceSecondsMax, 60],
    [{ GRACE_SECONDS_MAX: '60' }, (s) => s.policyDefaults.graceSecondsDefault, 60],
    [{ QUIET_SECONDS: '7776000' }, (s) => s.policyDefaults.quietSeconds, 7_776_000],
    [{ DEPRECATION_HEADERS: 'off' }, (s) => s.policyDefaults.deprecationHeaders, false],
    [
      { ROTATION_GUIDE_URL: 'https://a.b/c d' },
      (s) => s.policyDefaults.rotationGuideUrl,
      'https://a.b/c%20d',
    ],
    [{ CONSOLE_URL: 'https://keys.example.com/' }, (s) => s.consoleUrl, 'https://keys.example.com'],
    [{ ACCESS_URL: 'https://api.example.com/' }, (s) => s.accessUrl, 'https://api.example.com'],
    [{ CONSOLE_URL: 'HTTP://Keys.example:8443' }, (s) => s.consoleUrl, 'http://keys.example:8443'],
    [
      { SESSION_MINUTES_MAX: '30' },
      (s) => s.sessionTerms,
      { idleMs: 1_800_000, longestMs: 1_800_000 },
    ],
    [{ SESSION_IDLE_MINUTES: '5' }, (s) => s.sessionTerms.idleMs, 300_000],
    [{ LATCHKEY_DEMO: 'off' }, (s) => s.demo, false],
    [{ NODE_ENV: 'production' }, (s) => s.demo, false],
    [{ NODE_ENV: 'production', LATCHKEY_DEMO: 'on' }, (s) => s.demo, true],
    [{ ACCESS_HOST: '0.0.0.0' }, (s) => s.demo, false],
    [{ MANAGEMENT_HOST: '192.168.1.2' }, (s) => s.demo, false],
    [{ ACCESS_HOST: 'localhost', MANAGEMENT_HOST: '::1' }, (s) => s.demo, true],
  ];
  it.each(good)('%j is taken', (environment, ask, expected) => {
    expect(ask(readSettings(environment))).toEqual(expected);
  });

  const bad: [string, Record<string, string>, RegExp][] = [
    ['ACCESS_HOST', { ACCESS_HOST: 'a b' }, /"a b".*host name or an IP address/],
    [
      'MANAGEMENT_HOST',
      { MANAGEMENT_HOST: 'http://x' },
      /"http:\/\/x".*host name or an IP address/,
    ],
    [
      'ROTATION_GUIDE_URL',
      { ROTATION_GUIDE_URL: `https://me:${secret}@a.b/` },
      /\*\*\* \(\d+ characters\).*without user name/,
    ],
    [
      'ROTATION_GUIDE_URL',
      { ROTATION_GUIDE_URL: 'javascript:alert(1)' },
      /http:\/\/ or https:\/\/ URL/,
    ],
    ...[
      ...['keys.example.com', 'https://keys.example.com/console', 'https://a?b', 'https://a#b'],
      ...[`https://me:${secret}@a`, 'ftp://a', 'javascript:alert(1)', 'https://'],
    ].map((CONSOLE_URL): [string, Record<string, string>, RegExp] => [
      ...([
        'CONSOLE_URL',
        { CONSOLE_URL },
        /\*\*\* \(\d+ characters\).*https:\/\/ with a host/,
      ] as const),
    ]),
    [
      'ACCESS_URL',
      { ACCESS_URL: 'https://api.example.com/crm' },
      /such as https:\/\/api\.example\.com/,
    ],
    ['SESSION_IDLE_MINUTES', { SESSION_IDLE_MINUTES: '4' }, /"4".*minutes.*from 5 to 720/],
    [
      'SESSION_IDLE_MINUTES',
      { SESSION_IDLE_MINUTES: '31', SESSION_MINUTES_MAX: '30' },
      /from 5 to 30/,
    ],
    ['SESSION_MINUTES_MAX', { SESSION_MINUTES_MAX: '43201' }, /from 5 to 43200/],
    ['DEPRECATION_HEADERS', { DEPRECATION_HEADERS: 'yes' }, /"yes".*on, off/],
    ['ACCESS_PORT', { ACCESS_PORT: '65536' }, /"65536".*from 0 to 65535/],
    ['ACCESS_PORT', { ACCESS_PORT: '-1' }, /"-1".*from 0 to 65535/],
    ['ACCESS_PORT', { ACCESS_PORT: '80.5' }, /"80.5".*whole number/],
    ['ACCESS_PORT', { ACCESS_PORT: '0x50' }, /"0x50".*whole number/],
    ['ACCESS_PORT', { ACCESS_PORT: '8080 ' }, /"8080 ".*whole number/],
    ['ACCESS_PORT', { ACCESS_PORT: '1e3' }, /"1e3".*whole number/],
    ['MANAGEMENT_PORT', { MANAGEMENT_PORT: 'http' }, /"http".*whole number/],
    ['MANAGEMENT_PORT', { MANAGEMENT_PORT: '8080' }, /"8080".*another port than ACCESS_PORT/],
    [
      'DATABASE_URL',
      { DATABASE_URL: `mysql://me:${secret}@db/x` },
      /\*\*\* \(\d+ characters\).*postgres:\/\//,
    ],
    ...[
      'mail.example.com:25',
      'http://mail.example.com',
      'smtp://',
      'smtp://a/b',
      'smtp://a?pool=true',
    ].map((url): [string, Record<string, string>, RegExp] => [
      ...(['SMTP_URL', { SMTP_URL: `${url}#${secret}`, NOTICE_FROM: 'a@example.com' }] as const),
      /smtp:\/\/<user>/,
    ]),
    ['SMTP_URL', { SMTP_URL: `smtp://me:%zz${secret}@a` }, /percent-encoded/],
    ['NOTICE_FROM', { SMTP_URL: 'smtp://a' }, /one e-mail address wherever SMTP_URL is set/],
    ['NOTICE_FROM', { NOTICE_FROM: 'Keys <keys@example.com>' }, /one e-mail address/],
    ['WEBHOOK_ALLOWED_RANGES', { WEBHOOK_ALLOWED_RANGES: '10.0.0.1/8' }, /10\.0\.0\.0\/8/],
    ['DATABASE_URL', { DATABASE_URL: 'sqlite:' }, /sqlite:<path>/],
    ['DATABASE_URL', { DATABASE_URL: 'sqlite::memory:' }, /sqlite:<path>/],
    ['DATABASE_URL', { DATABASE_URL: 'data/latchkey.db' }, /sqlite:<path>/],
    ['DATABASE_URL', { DATABASE_URL: 'postgres://' }, /postgres:\/\//],
    ...[`100%${secret}`, `${secret}%zz`, '%ff', `a/${secret}`, `1/${secret}`, 'a#b', 'a?b@c'].map(
      (password): [string, Record<string, string>, RegExp] => [
        'DATABASE_URL',
        { DATABASE_URL: `postgres://me:${password}@db/x` },
        /\*\*\* \(\d+ characters\).*%25 %40/,
      ],
    ),
    ['CALL_LOG_URL', { CALL_LOG_URL: secret }, /\*\*\* \(\d+ characters\).*sqlite:<path>/],
    [
      'CALL_LOG_URL',
      { CALL_LOG_URL: 'sqlite:data/../data/latchkey.db' },
      /another file than the one of DATABASE_URL/,
    ],
    ['CALL_LOG_MODE', { CALL_LOG_MODE: 'Durable' }, /"Durable".*durable, committed, buffered/],
    ['JUNK_ROWS_PER_MINUTE', { JUNK_ROWS_PER_MINUTE: '-1' }, /"-1".*rows per minute/],
    ['JUNK_ROWS_PER_MINUTE', { JUNK_ROWS_PER_MINUTE: '1000001' }, /"1000001".*rows per minute/],
    ['JUNK_ROWS_PER_MINUTE', { JUNK_ROWS_PER_MINUTE: '9'.repeat(30) }, /whole number/],
    ['OPERATOR_KEY', { OPERATOR_KEY: 'o'.repeat(31) }, /\*\*\* \(31 characters\).*32 to 512/],
    ['OPERATOR_KEY', { OPERATOR_KEY: 'o'.repeat(513) }, /\*\*\* \(513 characters\).*32 to 512/],
    ['OPERATOR_KEY', { OPERATOR_KEY: `${secret} with spaces and more` }, /\*\*\*.*32 to 512/],
    ['OPERATOR_KEY', { OPERATOR_KEY: `lk_${'o'.repeat(40)}` }, /\*\*\*.*not beginning with lk_/],
    [
      'OPERATOR_KEY',
      { KEY_PREFIX: 'acme', OPERATOR_KEY: `acme_${'o'.repeat(40)}` },
      /not beginning with acme_/,
    ],
    ['KEY_PREFIX', { KEY_PREFIX: 'LK' }, /"LK".*lower-case/],
    ['KEY_PREFIX', { KEY_PREFIX: 'a' }, /"a".*2 to 16/],
    ['KEY_PREFIX', { KEY_PREFIX: 'a2345678901234567' }, /2 to 16/],
    ['KEY_PREFIX', { KEY_PREFIX: 'a_b' }, /"a_b".*lower-case/],
    ['KEY_PREFIX', { KEY_PREFIX: '1ab' }, /"1ab".*a letter first/],
    ['KEY_PREFIX', { KEY_PREFIX: 'lkp' }, /"lkp".*anything but lk and one letter/],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.1/8' }, /"10\.0\.0\.1\/8".*10\.0\.0\.0\/8/],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '10.0.0.0/8,010.0.0.1' }, /"010\.0\.0\.1"/],
    ['TRUSTED_PROXIES', { TRUSTED_PROXIES: '0.0.0.0/0' }, /"0\.0\.0\.0\/0"/],
    ['RETENTION_DAYS_CALLS', { RETENTION_DAYS_CALLS: '0' }, /"0".*days: .* from 1 to 3650/],
    ['RETENTION_DAYS_COUNTERS', { RETENTION_DAYS_COUNTERS: '3651' }, /"3651".*days: /],
    ['RETENTION_DAYS_AUDIT', { RETENTION_DAYS_AUDIT: '90d' }, /"90d".*days: /],
    ['SECRET_AGE_DAYS_MAX', { SECRET_AGE_DAYS_MAX: '0' }, /"0".*days: .* from 1 to 36500/],
    ['SECRET_OVER_AGE', { SECRET_OVER_AGE: 'deny' }, /"deny".*one of report, refuse/],
    [
      'KEY_LIFETIME_DAYS_MAX',
      { KEY_LIFETIME_DAYS_MAX: 'none' },
      /"none".*days: .* from 1 to 36500/,
    ],
    ['GRACE_SECONDS_MAX', { GRACE_SECONDS_MAX: '7776001' }, /seconds: .* from 0 to 7776000/],
    [
      'GRACE_SECONDS_DEFAULT',
      { GRACE_SECONDS_DEFAULT: '61', GRACE_SECONDS_MAX: '60' },
      /"61".*seconds: .* from 0 to 60/,
    ],
    ['QUIET_SECONDS', { QUIET_SECONDS: '7776001' }, /seconds: .* from 0 to 7776000/],
    ['LATCHKEY_DEMO', { LATCHKEY_DEMO: 'yes' }, /"yes".*one of on, off/],
    ['KEY_PEPPER', { ...onPostgres, KEY_PEPPER: '' }, /KEY_PEPPER.*postgres:\/\/.*32 random bytes/],
    [
      'SEALING_KEY',
      { ...onPostgres, SEALING_KEY: '' },
      /SEALING_KEY.*postgres:\/\/.*32 random bytes/,
    ],
  ];
  it.each(bad)('%s is refused in one line: %j', (name, environment, says) => {
    const line = refusal(environment);
    expect(line).toMatch(new RegExp(`^${name} is [^\\n]+ takes [^\\n]+\\.$`));
    expect(line).toMatch(says);
    expect(line).not.toContain(secret);
    expect(line).not.toContain('ooooo');
  });

  it('that hold what a terminal would obey are shown without it', () => {
    const line = refusal({ CALL_LOG_MODE: '\u001b[31mred\r\nforged: line\u202e' });
    expect(line).toContain('"?[31mred??forged: line?"');
    expect(refusal({ CALL_LOG_MODE: 'x'.repeat(10_000) }).length).toBeLessThan(300);
  });
});
