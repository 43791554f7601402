import type pg from 'pg';
import type { Usage, HourUse, SecretUse } from './usage.js';
import {
  noPlaces,
  placeName,
  placeUses,
  rungsOf,
  type KeyUse,
  type PlaceCounts,
  type UseKind,
} from './key-use.js';
import { withoutNul } from '../postgres-text.js';

// One array per column: what it takes is a few answers of the server, however many secrets and keys a group holds.

// The columns of `usage` are the row's values from before, so "last" follows the later of the two.
const addSecrets = {
  name: 'add_secret_uses',
  text: `INSERT INTO call_log.secret_usage AS usage
      (secret_id, key_id, account_id, calls, denied_calls,
        last_used_at, last_used_ip, last_used_user_agent, last_used_route)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
      $8::text[], $9::text[])
    ON CONFLICT (secret_id) DO UPDATE SET
      calls = usage.calls + excluded.calls,
      denied_calls = usage.denied_calls + excluded.denied_calls,
      last_used_at = greatest(usage.last_used_at, excluded.last_used_at),
      last_used_ip = CASE WHEN excluded.last_used_at >= usage.last_used_at
        THEN excluded.last_used_ip ELSE usage.last_used_ip END,
      last_used_user_agent = CASE WHEN excluded.last_used_at >= usage.last_used_at
        THEN excluded.last_used_user_agent ELSE usage.last_used_user_agent END,
      last_used_route = CASE WHEN excluded.last_used_at >= usage.last_used_at
        THEN excluded.last_used_route ELSE usage.last_used_route END`,
};

const keyUseArrays =
  '$1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]';

// One statement, because each costs an answer of the server. An hour's row belongs to a secret whose row is locked by now. To
// set a key's row to what it is locks it, so that nodes that count the same key take turns until the transaction ends; all
// these locks are counted, and so taken, before the first of their rows is changed.
const addToKnown = {
  name: 'add_to_known_uses',
  text: `WITH hour AS (
      INSERT INTO call_log.secret_hour AS hour (key_id, hour, secret_id, outcome, calls)
      SELECT * FROM unnest($9::text[], $10::bigint[], $11::text[], $12::text[], $13::bigint[])
      ON CONFLICT (key_id, hour, secret_id, outcome) DO UPDATE SET calls = hour.calls + excluded.calls
    ), locked AS (
      INSERT INTO call_log.key_usage_places (key_id, caller, route, scope)
      SELECT key_id, 0, 0, 0 FROM unnest($8::text[]) AS key_id
      ON CONFLICT (key_id) DO UPDATE SET key_id = excluded.key_id
      RETURNING key_id
    )
    UPDATE call_log.key_usage AS usage SET
      calls = usage.calls + more.calls,
      denied_calls = usage.denied_calls + more.denied_calls,
      first_used_at = least(usage.first_used_at, more.first_used_at),
      last_used_at = greatest(usage.last_used_at, more.last_used_at)
    FROM unnest(${keyUseArrays})
      AS more (key_id, kind, name, calls, denied_calls, first_used_at, last_used_at)
    WHERE (SELECT count(*) FROM locked) > 0
      AND usage.key_id = more.key_id AND usage.kind = more.kind AND usage.name = more.name
    RETURNING usage.key_id, usage.kind, usage.name`,
};

const findCounts = {
  name: 'find_used_places',
  text: `SELECT key_id, caller, route, scope FROM call_log.key_usage_places WHERE key_id = ANY ($1::text[])`,
};

const findNames = {
  name: 'find_used_names',
  text: `SELECT key_id, kind, name FROM call_log.key_usage
    WHERE (key_id, kind, name) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
};

const addPlaced = {
  name: 'add_placed_uses',
  text: `INSERT INTO call_log.key_usage AS usage
      (key_id, kind, name, calls, denied_calls, first_used_at, last_used_at, added_at)
    SELECT *, $8::bigint FROM unnest(${keyUseArrays})
    ON CONFLICT (key_id, kind, name) DO UPDATE SET
      calls = usage.calls + excluded.calls,
      denied_calls = usage.denied_calls + excluded.denied_calls,
      first_used_at = least(usage.first_used_at, excluded.first_used_at),
      last_used_at = greatest(usage.last_used_at, excluded.last_used_at)`,
};

const setCounts = {
  name: 'set_used_places',
  text: `UPDATE call_log.key_usage_places AS places SET caller = now.caller, route = now.route, scope = now.scope
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[]) AS now (key_id, caller, route, scope)
    WHERE places.key_id = now.key_id`,
};

/** Counts what keys are used for, within the transaction that is open. */
export async function countUsage(client: pg.Client, usage: Usage): Promise<void> {
  const secrets = usage.secrets();
  if (secrets.length === 0) return;
  await client.query(addSecrets, secretArrays(secrets.map(({ use }) => use)));
  const keys = [...usage.keys()].flat();
  if (keys.length === 0) return;
  const hours = secrets.flatMap((secret) => secret.hours);
  const known = namesIn(await client.query<NameRow>(addToKnown, knownArrays(keys, hours)));
  const strangers = keys.filter((use) => !known.has(placeName(use)));
  if (strangers.length > 0) await place(client, strangers);
}

/** What has no row under its own name gets a place. The keys are locked by now: nobody else gives out any. */
async function place(client: pg.Client, strangers: readonly KeyUse[]): Promise<void> {
  const counts = await countsOf(client, strangers);
  // Also their own names: another node may have added them while the lock was waited for.
  const rungs = strangers.flatMap((use) => rungsOf(use).map(({ name }) => ({ ...use, name })));
  const taken = namesIn(await client.query<NameRow>(findNames, nameArrays(rungs)));
  const { uses, places } = placeUses(
    strangers,
    (keyId) => counts.get(keyId) ?? noPlaces,
    (name) => taken.has(placeName(name)),
  );
  await client.query(addPlaced, [...useArrays(uses), Date.now()]);
  const changed = [...places];
  await client.query(setCounts, [
    changed.map(([keyId]) => keyId),
    changed.map(([, { caller }]) => caller),
    changed.map(([, { route }]) => route),
    changed.map(([, { scope }]) => scope),
  ]);
}

async function countsOf(
  client: pg.Client,
  uses: readonly KeyUse[],
): Promise<ReadonlyMap<string, PlaceCounts>> {
  const { rows } = await client.query<{ key_id: string } & Record<UseKind, string>>(findCounts, [
    uses.map(({ keyId }) => keyId),
  ]);
  return new Map(
    rows.map(({ key_id: keyId, caller, route, scope }) => [
      keyId,
      { caller: Number(caller), route: Number(route), scope: Number(scope) },
    ]),
  );
}

interface NameRow {
  readonly key_id: string;
  readonly kind: UseKind;
  readonly name: string;
}

function namesIn({ rows }: pg.QueryResult<NameRow>): ReadonlySet<string> {
  return new Set(rows.map(({ key_id: keyId, kind, name }) => placeName({ keyId, kind, name })));
}

function knownArrays(keys: readonly KeyUse[], hours: readonly HourUse[]): unknown[][] {
  // In one order for every node, so that two never wait for each other.
  const locked = [...new Set(keys.map(({ keyId }) => keyId))].sort();
  return [...useArrays(keys), locked, ...hourArrays(hours)];
}

function secretArrays(uses: readonly SecretUse[]): unknown[][] {
  return [
    uses.map((use) => use.secretId),
    uses.map((use) => use.keyId),
    uses.map((use) => use.accountId),
    uses.map((use) => use.calls),
    uses.map((use) => use.deniedCalls),
    uses.map((use) => use.lastUsedAt),
    uses.map((use) => use.lastUsedIp),
    uses.map((use) => withoutNul(use.lastUsedUserAgent)),
    uses.map((use) => withoutNul(use.lastUsedRoute)),
  ];
}

function hourArrays(uses: readonly HourUse[]): unknown[][] {
  return [
    uses.map((use) => use.keyId),
    uses.map((use) => use.hour),
    uses.map((use) => use.secretId),
    uses.map((use) => use.outcome),
    uses.map((use) => use.calls),
  ];
}

function nameArrays(uses: readonly Pick<KeyUse, 'keyId' | 'kind' | 'name'>[]): unknown[][] {
  return [uses.map((use) => use.keyId), uses.map((use) => use.kind), uses.map((use) => use.name)];
}

function useArrays(uses: readonly KeyUse[]): unknown[][] {
  return [
    ...nameArrays(uses),
    uses.map((use) => use.calls),
    uses.map((use) => use.deniedCalls),
    uses.map((use) => use.firstUsedAt),
    uses.map((use) => use.lastUsedAt),
  ];
}
