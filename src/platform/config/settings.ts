import { dirname, join, resolve } from 'node:path';
import {
  overAgeChoices,
  guideUrlOf,
  policyDaysMax,
  policyUnlessSet,
  quietSecondsMax,
  retentionDaysMax,
  type AccountPolicy,
} from '../../core/account-policy.js';
import type { IpRuleSet } from '../../core/ip-allowlist.js';
import type { SessionTerms } from '../../core/session-life.js';
import { StartError } from '../../core/start-error.js';
import { readSmtp, type SmtpSettings } from './smtp-settings.js';
import { SettingReader, masked, unreadable, type Environment } from './setting-readers.js';

/** Every setting, read and checked (contract §1). `.env.example` tells each with its default and unit. */
export interface Settings {
  readonly access: ListenerSettings;
  readonly management: ListenerSettings;
  readonly databaseUrl: string;
  readonly callLogUrl: string;
  readonly callLogMode: CallLogMode;
  readonly junkRowsPerMinute: number;
  readonly operatorKey: string | undefined;
  readonly keyPepper: string | undefined;
  readonly sealingKey: string | undefined;
  readonly keyPrefix: string;
  readonly trustedProxies: IpRuleSet;
  /** What holds for accounts that have no policy of their own. */
  readonly policyDefaults: AccountPolicy;
  /** Where people reach the management listener: an origin, such as `https://keys.example.com`; `null` if nobody has said. */
  readonly consoleUrl: string | null;
  /** Where callers reach the access listener: an origin as well; `null` if nobody has said. */
  readonly accessUrl: string | null;
  readonly sessionTerms: SessionTerms;
  /** `null`: notices by e-mail are kept and not sent. */
  readonly smtp: SmtpSettings | null;
  /** To which webhooks may lead beside public addresses. */
  readonly webhookAllowedRanges: IpRuleSet;
  readonly demo: boolean;
  /** Where key files are kept: beside a SQLite database, else `./data`. */
  readonly dataFolder: string;
}

export interface ListenerSettings {
  readonly host: string;
  readonly port: number;
}

export type { SmtpSettings } from './smtp-settings.js';

export type CallLogMode = 'durable' | 'committed' | 'buffered';

export const SETTINGS = Symbol('Settings');

const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

/** @throws StartError naming the first variable that cannot be used */
export function readSettings(environment: Environment): Settings {
  const read = new SettingReader(environment);
  const access = {
    host: read.host('ACCESS_HOST', '127.0.0.1'),
    port: read.port('ACCESS_PORT', 8080),
  };
  const management = readManagement(read);
  if (access.port !== 0 && access.port === management.port && access.host === management.host) {
    throw unreadable(
      'MANAGEMENT_PORT',
      String(management.port),
      'another port than ACCESS_PORT: the two never share one',
    );
  }
  const inspection = readInspectionSettings(environment);
  const { databaseUrl } = inspection;
  const keyPrefix = readKeyPrefix(read);
  const onLoopback = loopback.has(access.host) && loopback.has(management.host);
  const demoDefault = onLoopback && read.text('NODE_ENV') !== 'production' ? 'on' : 'off';
  return {
    ...inspection,
    access,
    management,
    callLogUrl: readCallLogUrl(read, databaseUrl),
    callLogMode: read.oneOf('CALL_LOG_MODE', ['durable', 'committed', 'buffered'], 'durable'),
    junkRowsPerMinute: read.integer('JUNK_ROWS_PER_MINUTE', 600, {
      min: 0,
      max: 1_000_000,
      unit: 'rows per minute',
    }),
    operatorKey: readOperatorKey(read, keyPrefix),
    keyPepper: readRequiredOnPostgres(read, 'KEY_PEPPER', databaseUrl),
    keyPrefix,
    trustedProxies: read.ipRules('TRUSTED_PROXIES'),
    policyDefaults: readPolicyDefaults(read),
    consoleUrl: readOrigin(read, 'CONSOLE_URL', 'keys'),
    accessUrl: readOrigin(read, 'ACCESS_URL', 'api'),
    sessionTerms: readSessionTerms(read),
    smtp: readSmtp(read),
    webhookAllowedRanges: read.ipRules('WEBHOOK_ALLOWED_RANGES'),
    demo: read.oneOf('LATCHKEY_DEMO', ['on', 'off'], demoDefault) === 'on',
  };
}

/** What it takes to look at an installation, beside its server or at a copy of its database. */
export type InspectionSettings = Pick<Settings, 'databaseUrl' | 'sealingKey' | 'dataFolder'>;

/** @throws StartError naming the first variable that cannot be used */
export function readInspectionSettings(environment: Environment): InspectionSettings {
  const read = new SettingReader(environment);
  const databaseUrl = readDatabaseUrl(read, 'DATABASE_URL') ?? 'sqlite:./data/latchkey.db';
  return {
    databaseUrl,
    sealingKey: readRequiredOnPostgres(read, 'SEALING_KEY', databaseUrl),
    dataFolder: isSqlite(databaseUrl) ? dirname(sqlitePath(databaseUrl)) : './data',
  };
}

/** What it takes to let somebody in who is locked out, beside the server. */
export type RescueSettings = InspectionSettings &
  Pick<Settings, 'keyPepper' | 'consoleUrl' | 'management' | 'sessionTerms'>;

/** @throws StartError naming the first variable that cannot be used */
export function readRescueSettings(environment: Environment): RescueSettings {
  const read = new SettingReader(environment);
  const inspection = readInspectionSettings(environment);
  return {
    ...inspection,
    keyPepper: readRequiredOnPostgres(read, 'KEY_PEPPER', inspection.databaseUrl),
    consoleUrl: readOrigin(read, 'CONSOLE_URL', 'keys'),
    management: readManagement(read),
    sessionTerms: readSessionTerms(read),
  };
}

function readManagement(read: SettingReader): ListenerSettings {
  return {
    host: read.host('MANAGEMENT_HOST', '127.0.0.1'),
    port: read.port('MANAGEMENT_PORT', 8081),
  };
}

function isSqlite(url: string): boolean {
  return url.startsWith('sqlite:');
}

function sqlitePath(url: string): string {
  return url.slice('sqlite:'.length);
}

function readCallLogUrl(read: SettingReader, databaseUrl: string): string {
  const url = readDatabaseUrl(read, 'CALL_LOG_URL') ?? callLogBeside(databaseUrl);
  const isOneFile =
    isSqlite(url) &&
    isSqlite(databaseUrl) &&
    resolve(sqlitePath(url)) === resolve(sqlitePath(databaseUrl));
  // A file has one writer at a time: the log's rows would wait for configuration, and it for them.
  if (isOneFile) throw unreadable('CALL_LOG_URL', url, 'another file than the one of DATABASE_URL');
  return url;
}

function readDatabaseUrl(read: SettingReader, name: string): string | undefined {
  const value = read.text(name);
  // SQLite's own :memory: would be another, empty database for each connection.
  if (value === undefined || /^sqlite:(?!:memory:).+$/.test(value) || isPostgresUrl(value))
    return value;
  // It may hold a password.
  throw unreadable(
    name,
    masked(value),
    'sqlite:<path> or postgres://<user>:<password>@<host>/<database>, with % @ : / ? # in a user name or password written as %25 %40 %3A %2F %3F %23',
  );
}

/** Whether the drivers will read it, and all alike: none of them says so in a line that may be shown. */
function isPostgresUrl(text: string): boolean {
  if (!/^postgres(?:ql)?:\/\/./.test(text)) return false;
  try {
    // A socket's folder stands among the parameters, and then no host before the path.
    const { username, password, pathname } = new URL(text.replace('@/', '@localhost/'));
    for (const part of [username, password, pathname]) decodeURIComponent(part);
    return !pathname.includes('@');
  } catch {
    return false;
  }
}

function callLogBeside(databaseUrl: string): string {
  if (!isSqlite(databaseUrl)) return databaseUrl;
  return `sqlite:${join(dirname(sqlitePath(databaseUrl)), 'call-log.db')}`;
}

function readKeyPrefix(read: SettingReader): string {
  const prefix = read.text('KEY_PREFIX') ?? 'lk';
  if (!/^[a-z][a-z0-9]{1,15}$/.test(prefix)) {
    throw unreadable('KEY_PREFIX', prefix, '2 to 16 lower-case letters and digits, a letter first');
  }
  if (/^lk[a-z]$/.test(prefix)) {
    throw unreadable(
      'KEY_PREFIX',
      prefix,
      'anything but lk and one letter, which are kept for other kinds of credential',
    );
  }
  return prefix;
}

function readPolicyDefaults(read: SettingReader): AccountPolicy {
  const unset = policyUnlessSet;
  const days = { min: 1, max: policyDaysMax, unit: 'days' };
  const retention = { min: 1, max: retentionDaysMax, unit: 'days' };
  const seconds = (max: number) => ({ min: 0, max, unit: 'seconds' });
  const longest = unset.graceSecondsMax;
  const graceSecondsMax = read.integer('GRACE_SECONDS_MAX', longest, seconds(longest));
  const graceSecondsUnset = Math.min(unset.graceSecondsDefault, graceSecondsMax);
  return {
    secretAgeDaysMax: read.integer('SECRET_AGE_DAYS_MAX', unset.secretAgeDaysMax, days),
    overAge: read.oneOf('SECRET_OVER_AGE', overAgeChoices, unset.overAge),
    keyLifetimeDaysMax: read.integer('KEY_LIFETIME_DAYS_MAX', unset.keyLifetimeDaysMax, days),
    graceSecondsDefault: read.integer(
      'GRACE_SECONDS_DEFAULT',
      graceSecondsUnset,
      seconds(graceSecondsMax),
    ),
    graceSecondsMax,
    quietSeconds: read.integer('QUIET_SECONDS', unset.quietSeconds, seconds(quietSecondsMax)),
    deprecationHeaders: read.oneOf('DEPRECATION_HEADERS', ['on', 'off'], 'on') === 'on',
    rotationGuideUrl: readGuideUrl(read),
    retentionDaysCalls: read.integer('RETENTION_DAYS_CALLS', unset.retentionDaysCalls, retention),
    retentionDaysCounters: read.integer(
      'RETENTION_DAYS_COUNTERS',
      unset.retentionDaysCounters,
      retention,
    ),
    retentionDaysAudit: read.integer('RETENTION_DAYS_AUDIT', unset.retentionDaysAudit, retention),
  };
}

const minuteMs = 60_000;

function readSessionTerms(read: SettingReader): SessionTerms {
  const minutes = (max: number) => ({ min: 5, max, unit: 'minutes' });
  const longest = read.integer('SESSION_MINUTES_MAX', 720, minutes(43_200));
  const idle = read.integer('SESSION_IDLE_MINUTES', Math.min(60, longest), minutes(longest));
  return { idleMs: idle * minuteMs, longestMs: longest * minuteMs };
}

/** A path would say that only a part of the listener is reached: what it serves lies side by side. @param host of an example */
function readOrigin(read: SettingReader, name: string, host: string): string | null {
  const value = read.text(name);
  if (value === undefined) return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  const isOrigin = url !== null && [url.origin, `${url.origin}/`].includes(value.toLowerCase());
  if (url !== null && isOrigin && /^https?:$/.test(url.protocol)) return url.origin;
  const takes = `http:// or https:// with a host and nothing behind it, such as https://${host}.example.com`;
  throw unreadable(name, masked(value), takes);
}

function readGuideUrl(read: SettingReader): string | null {
  const value = read.text('ROTATION_GUIDE_URL');
  if (value === undefined) return null;
  const url = guideUrlOf(value);
  if (url !== null) return url;
  const takes = 'an http:// or https:// URL without user name and password';
  throw unreadable('ROTATION_GUIDE_URL', masked(value), takes);
}

function readOperatorKey(read: SettingReader, keyPrefix: string): string | undefined {
  const value = read.text('OPERATOR_KEY');
  if (value === undefined) return undefined;
  const takes = `32 to 512 characters of A-Z a-z 0-9 - . _ ~ + / (then any =), not beginning with ${keyPrefix}_`;
  const usable = /^[A-Za-z0-9\-._~+/]+=*$/.test(value) && value.length >= 32 && value.length <= 512;
  if (!usable || value.startsWith(`${keyPrefix}_`))
    throw unreadable('OPERATOR_KEY', masked(value), takes);
  return value;
}

/** Several processes share a PostgreSQL database, so a key that one of them makes up in a file would not do. */
function readRequiredOnPostgres(
  read: SettingReader,
  name: string,
  databaseUrl: string,
): string | undefined {
  const value = read.text(name);
  if (value === undefined && !isSqlite(databaseUrl)) {
    throw new StartError(
      `${name} is not set: with postgres:// it takes 32 random bytes in base64url (openssl rand 32 | basenc --base64url).`,
    );
  }
  return value;
}
