import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the main database. The statements are the part of SQL that SQLite and PostgreSQL share. */
export class Foundation1795000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const isPostgres = runner.connection.options.type === 'postgres';
    // Compared byte by byte, as on SQLite: no list changes its order, and no index its truth, with the server's locale.
    const text = isPostgres ? 'TEXT COLLATE "C"' : 'TEXT';
    for (const statement of statements) await runner.query(statement.replace(/\bTEXT\b/g, text));
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables.toReversed()) await runner.query(`DROP TABLE ${table}`);
  }
}

const tables = [
  'installation',
  'access_revision',
  'access_change',
  'account',
  'scope',
  'api_key',
  'api_key_grant',
  'rotation',
  'secret',
  'service',
  'route',
  'binding',
  'audit_head',
  'audit_event',
  'idempotency_record',
];

const statements = [
  `CREATE TABLE installation (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  )`,
  `CREATE TABLE access_revision (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    revision BIGINT NOT NULL
  )`,
  `INSERT INTO access_revision (id, revision) VALUES (1, 0)`,
  `CREATE TABLE access_change (
    revision BIGINT NOT NULL,
    subject TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (revision, subject, subject_id)
  )`,
  `CREATE TABLE account (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('production', 'developer', 'sandbox')),
    is_operator BOOLEAN NOT NULL,
    suspended BOOLEAN NOT NULL,
    allow_hapikey BOOLEAN NOT NULL,
    entitled_scopes TEXT,
    ip_allowlist TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
  )`,
  `CREATE UNIQUE INDEX account_operator ON account (is_operator) WHERE is_operator`,
  `CREATE TABLE scope (
    name TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    sensitive BOOLEAN NOT NULL,
    data_categories TEXT NOT NULL
  )`,
  `CREATE TABLE api_key (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    description TEXT,
    purpose TEXT,
    environment TEXT NOT NULL CHECK (environment IN ('production', 'staging', 'qa', 'development')),
    standing TEXT NOT NULL CHECK (standing IN ('active', 'suspended', 'revoked')),
    expires_at BIGINT,
    ip_allowlist TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by TEXT,
    revision BIGINT NOT NULL
  )`,
  `CREATE INDEX api_key_account ON api_key (account_id, created_at, id)`,
  `CREATE TABLE api_key_grant (
    id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES api_key (id),
    scope TEXT NOT NULL REFERENCES scope (name),
    power TEXT NOT NULL CHECK (power IN ('use', 'hand_out')),
    service_id TEXT,
    resources TEXT
  )`,
  `CREATE INDEX api_key_grant_key ON api_key_grant (key_id)`,
  `CREATE INDEX api_key_grant_scope ON api_key_grant (scope)`,
  `CREATE TABLE rotation (
    id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES api_key (id),
    standing TEXT NOT NULL CHECK (standing IN ('scheduled', 'open', 'finished', 'expired', 'cancelled')),
    started_at BIGINT NOT NULL,
    grace_ends_at BIGINT NOT NULL,
    ended_at BIGINT,
    retiring_secret_id TEXT NOT NULL,
    replacing_secret_id TEXT NOT NULL,
    opened_by TEXT
  )`,
  `CREATE INDEX rotation_key ON rotation (key_id, started_at)`,
  `CREATE UNIQUE INDEX rotation_open ON rotation (key_id) WHERE standing = 'open'`,
  `CREATE TABLE secret (
    id TEXT NOT NULL PRIMARY KEY,
    key_id TEXT NOT NULL REFERENCES api_key (id),
    format TEXT NOT NULL CHECK (format IN ('ours', 'legacy')),
    digest TEXT NOT NULL,
    digest_algorithm TEXT NOT NULL,
    pepper_version INTEGER NOT NULL,
    start TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    ends_at BIGINT,
    revoked_at BIGINT,
    rotation_id TEXT REFERENCES rotation (id),
    first_used_at BIGINT
  )`,
  `CREATE UNIQUE INDEX secret_digest ON secret (digest)`,
  `CREATE INDEX secret_key ON secret (key_id, created_at)`,
  `CREATE INDEX secret_legacy ON secret (format) WHERE format = 'legacy'`,
  `CREATE TABLE service (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    upstream TEXT NOT NULL,
    mount TEXT NOT NULL UNIQUE,
    open BOOLEAN NOT NULL,
    strip_mount BOOLEAN NOT NULL,
    timeout_ms INTEGER NOT NULL,
    credential TEXT,
    identity_headers BOOLEAN,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
  )`,
  `CREATE TABLE route (
    id TEXT NOT NULL PRIMARY KEY,
    service_id TEXT NOT NULL REFERENCES service (id),
    ordinal INTEGER NOT NULL,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    scope_sets TEXT NOT NULL,
    public BOOLEAN NOT NULL
  )`,
  `CREATE INDEX route_service ON route (service_id, ordinal)`,
  `CREATE TABLE binding (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    service_id TEXT NOT NULL REFERENCES service (id),
    environment TEXT,
    upstream TEXT,
    credential TEXT,
    revision BIGINT NOT NULL
  )`,
  `CREATE UNIQUE INDEX binding_place ON binding (account_id, service_id, COALESCE(environment, ''))`,
  `CREATE TABLE audit_head (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES account (id),
    seq BIGINT NOT NULL,
    digest TEXT NOT NULL
  )`,
  `CREATE TABLE audit_event (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES account (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    caller_ip TEXT,
    target_type TEXT NOT NULL,
    target_id TEXT NOT NULL,
    before TEXT,
    after TEXT,
    previous_digest TEXT NOT NULL,
    digest TEXT NOT NULL
  )`,
  `CREATE UNIQUE INDEX audit_event_chain ON audit_event (account_id, seq)`,
  `CREATE TABLE idempotency_record (
    caller_id TEXT NOT NULL,
    path TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (caller_id, path, idempotency_key)
  )`,
  `CREATE INDEX idempotency_record_age ON idempotency_record (created_at)`,
];
