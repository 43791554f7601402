import type pg from 'pg';
import { withoutNul } from '../postgres-text.js';
import { placeCallers, placesOf, type RotationUse } from './rotation-use.js';

// One array per column, all rotations of a group at once: what it takes is four answers of the server, however many there are.

// Its locks make nodes that count the same secret take turns until the transaction ends.
const addUses = {
  name: 'add_rotation_uses',
  text: `INSERT INTO call_log.rotation_usage AS usage
      (rotation_id, secret_id, calls, denied_calls, brownout_calls, last_used_at, callers)
    SELECT *, 0 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
    ON CONFLICT (rotation_id, secret_id) DO UPDATE SET
      calls = usage.calls + excluded.calls,
      denied_calls = usage.denied_calls + excluded.denied_calls,
      brownout_calls = usage.brownout_calls + excluded.brownout_calls,
      last_used_at = greatest(usage.last_used_at, excluded.last_used_at)
    RETURNING rotation_id, secret_id, callers`,
};

const readCallers = {
  name: 'read_rotation_callers',
  text: `SELECT rotation_id, secret_id, ip, user_agent, routes FROM call_log.rotation_caller
    WHERE (rotation_id, secret_id, ip, user_agent)
      IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]))`,
};

const addCallers = {
  name: 'add_rotation_callers',
  text: `INSERT INTO call_log.rotation_caller AS caller
      (rotation_id, secret_id, ip, user_agent, calls, denied_calls, brownout_calls, first_seen_at, last_seen_at, routes)
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[],
      $8::bigint[], $9::bigint[], $10::text[])
    ON CONFLICT (rotation_id, secret_id, ip, user_agent) DO UPDATE SET
      calls = caller.calls + excluded.calls,
      denied_calls = caller.denied_calls + excluded.denied_calls,
      brownout_calls = caller.brownout_calls + excluded.brownout_calls,
      first_seen_at = least(caller.first_seen_at, excluded.first_seen_at),
      last_seen_at = greatest(caller.last_seen_at, excluded.last_seen_at),
      routes = excluded.routes`,
};

const setCallers = {
  name: 'set_rotation_callers',
  text: `UPDATE call_log.rotation_usage SET callers = placed.callers
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS placed (rotation_id, secret_id, callers)
    WHERE rotation_usage.rotation_id = placed.rotation_id AND rotation_usage.secret_id = placed.secret_id`,
};

/** Counts the use of rotations, within the transaction that is open. @param uses sorted */
export async function countRotationUses(
  client: pg.Client,
  uses: readonly RotationUse[],
): Promise<void> {
  if (uses.length === 0) return;
  const before = await addAll(client, uses);
  const routes = await readRoutes(client, uses);
  const placed = uses.map((use) => {
    const secret = nameOf(use.rotationId, use.secretId);
    const routesAt = (ip: string, userAgent: string) =>
      routes.get(`${secret} ${ip} ${withoutNul(userAgent)}`) ?? null;
    return { use, ...placeCallers(use, before.get(secret) ?? 0, routesAt) };
  });
  const rows = placed.flatMap(({ use, callers }) => callers.map((caller) => ({ use, caller })));
  await client.query(addCallers, [
    rows.map(({ use }) => use.rotationId),
    rows.map(({ use }) => use.secretId),
    rows.map(({ caller }) => caller.ip),
    rows.map(({ caller }) => withoutNul(caller.userAgent)),
    rows.map(({ caller }) => caller.calls),
    rows.map(({ caller }) => caller.deniedCalls),
    rows.map(({ caller }) => caller.brownoutCalls),
    rows.map(({ caller }) => caller.firstSeenAt),
    rows.map(({ caller }) => caller.lastSeenAt),
    rows.map(({ caller }) => withoutNul(JSON.stringify([...caller.routes]))),
  ]);
  await client.query(setCallers, [
    placed.map(({ use }) => use.rotationId),
    placed.map(({ use }) => use.secretId),
    placed.map(({ places }) => places),
  ]);
}

/** @returns how many places each secret's callers had taken before */
async function addAll(
  client: pg.Client,
  uses: readonly RotationUse[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ rotation_id: string; secret_id: string; callers: string }>(
    addUses,
    [
      uses.map((use) => use.rotationId),
      uses.map((use) => use.secretId),
      uses.map((use) => use.calls),
      uses.map((use) => use.deniedCalls),
      uses.map((use) => use.brownoutCalls),
      uses.map((use) => use.lastUsedAt),
    ],
  );
  return new Map(
    rows.map((row) => [nameOf(row.rotation_id, row.secret_id), Number(row.callers)] as const),
  );
}

interface RoutesRow {
  readonly rotation_id: string;
  readonly secret_id: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly routes: string;
}

/** Of every place at which one of the callers may be counted. */
async function readRoutes(
  client: pg.Client,
  uses: readonly RotationUse[],
): Promise<Map<string, readonly string[]>> {
  const places = uses.flatMap((use) =>
    [...use.callers.values()].flatMap(placesOf).map((place) => ({ use, ...place })),
  );
  const { rows } = await client.query<RoutesRow>(readCallers, [
    places.map(({ use }) => use.rotationId),
    places.map(({ use }) => use.secretId),
    places.map(({ ip }) => ip),
    places.map(({ userAgent }) => withoutNul(userAgent)),
  ]);
  return new Map(
    rows.map((row) => [
      `${nameOf(row.rotation_id, row.secret_id)} ${row.ip} ${row.user_agent}`,
      JSON.parse(row.routes) as string[],
    ]),
  );
}

function nameOf(rotationId: string, secretId: string): string {
  return `${rotationId} ${secretId}`;
}

const oldestUsage = `SELECT rotation_id, secret_id FROM call_log.rotation_usage
  WHERE last_used_at < $1 ORDER BY rotation_id, secret_id LIMIT 1 FOR UPDATE SKIP LOCKED`;

/** Takes away the counts of one secret that nothing is counted for any more, if there is one. @param before epoch milliseconds */
export async function pruneRotationUsage(client: pg.Client, before: number): Promise<void> {
  const { rows } = await client.query<{ rotation_id: string; secret_id: string }>(oldestUsage, [
    before,
  ]);
  for (const { rotation_id: rotationId, secret_id: secretId } of rows) {
    for (const table of ['rotation_caller', 'rotation_usage']) {
      const where = 'WHERE rotation_id = $1 AND secret_id = $2';
      await client.query(`DELETE FROM call_log.${table} ${where}`, [rotationId, secretId]);
    }
  }
}
