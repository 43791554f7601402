import { dirname, join, resolve } from 'node:path';
import type { IpRuleSet } from '../../core/ip-allowlist.js';
import { StartError } from '../../core/start-error.js';
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
  readonly demo: boolean;
  /** Where key files are kept: beside a SQLite database, else `./data`. */
  readonly dataFolder: string;
}

export interface ListenerSettings {
  readonly host: string;
  readonly port: number;
}

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
  const management = {
    host: read.host('MANAGEMENT_HOST', '127.0.0.1'),
    port: read.port('MANAGEMENT_PORT', 8081),
  };
  if (access.port !== 0 && access.port === management.port && access.host === management.host) {
    throw unreadable(
      'MANAGEMENT_PORT',
      String(management.port),
      'another port than ACCESS_PORT: the two never share one',
    );
  }
  const databaseUrl = readDatabaseUrl(read, 'DATABASE_URL') ?? 'sqlite:./data/latchkey.db';
  const keyPrefix = readKeyPrefix(read);
  const onLoopback = loopback.has(access.host) && loopback.has(management.host);
  const demoDefault = onLoopback && read.text('NODE_ENV') !== 'production' ? 'on' : 'off';
  return {
    access,
    management,
    databaseUrl,
    callLogUrl: readCallLogUrl(read, databaseUrl),
    callLogMode: read.oneOf('CALL_LOG_MODE', ['durable', 'committed', 'buffered'], 'durable'),
    junkRowsPerMinute: read.integer('JUNK_ROWS_PER_MINUTE', 600, {
      min: 0,
      max: 1_000_000,
      unit: 'rows per minute',
    }),
    operatorKey: readOperatorKey(read, keyPrefix),
    keyPepper: readRequiredOnPostgres(read, 'KEY_PEPPER', databaseUrl),
    sealingKey: readRequiredOnPostgres(read, 'SEALING_KEY', databaseUrl),
    keyPrefix,
    trustedProxies: read.ipRules('TRUSTED_PROXIES'),
    demo: read.oneOf('LATCHKEY_DEMO', ['on', 'off'], demoDefault) === 'on',
    dataFolder: isSqlite(databaseUrl) ? dirname(sqlitePath(databaseUrl)) : './data',
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
  if (value === undefined || /^(?:sqlite:(?!:memory:).+|postgres(?:ql)?:\/\/.+)$/.test(value))
    return value;
  // It may hold a password.
  throw unreadable(
    name,
    masked(value),
    'sqlite:<path> or postgres://<user>:<password>@<host>/<database>',
  );
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
