import type { Database } from 'better-sqlite3';
import { placeCallers, type RotationUse } from './rotation-use.js';

const addUse = `INSERT INTO rotation_usage (rotation_id, secret_id, calls, denied_calls, brownout_calls, last_used_at, callers)
  VALUES (?, ?, ?, ?, ?, ?, 0)
  ON CONFLICT (rotation_id, secret_id) DO UPDATE SET
    calls = calls + excluded.calls,
    denied_calls = denied_calls + excluded.denied_calls,
    brownout_calls = brownout_calls + excluded.brownout_calls,
    last_used_at = max(last_used_at, excluded.last_used_at)
  RETURNING callers`;

const routesOfCaller = `SELECT routes FROM rotation_caller
  WHERE rotation_id = ? AND secret_id = ? AND ip = ? AND user_agent = ?`;

const addCaller = `INSERT INTO rotation_caller
    (rotation_id, secret_id, ip, user_agent, calls, denied_calls, brownout_calls, first_seen_at, last_seen_at, routes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (rotation_id, secret_id, ip, user_agent) DO UPDATE SET
    calls = calls + excluded.calls,
    denied_calls = denied_calls + excluded.denied_calls,
    brownout_calls = brownout_calls + excluded.brownout_calls,
    first_seen_at = min(first_seen_at, excluded.first_seen_at),
    last_seen_at = max(last_seen_at, excluded.last_seen_at),
    routes = excluded.routes`;

const setCallers = `UPDATE rotation_usage SET callers = ? WHERE rotation_id = ? AND secret_id = ?`;

const oldestUsage = `SELECT rotation_id AS "rotationId", secret_id AS "secretId" FROM rotation_usage
  WHERE last_used_at < ? LIMIT 1`;

const removeCallers = `DELETE FROM rotation_caller WHERE rotation_id = ? AND secret_id = ?`;
const removeUsage = `DELETE FROM rotation_usage WHERE rotation_id = ? AND secret_id = ?`;

/** Takes away the counts of one secret that nothing is counted for any more, if there is one. @param before epoch milliseconds */
export function rotationPruner(database: Database): (before: number) => void {
  const statements = [removeCallers, removeUsage].map((sql) => database.prepare(sql));
  const find = database.prepare(oldestUsage);
  return (before) => {
    const found = find.get(before) as { rotationId: string; secretId: string } | undefined;
    if (found === undefined) return;
    for (const statement of statements) statement.run(found.rotationId, found.secretId);
  };
}

/** Counts the use of rotations, within the transaction that is open. */
export function rotationCounter(database: Database): (use: RotationUse) => void {
  const statements = {
    addUse: database.prepare(addUse),
    routesOfCaller: database.prepare(routesOfCaller),
    addCaller: database.prepare(addCaller),
    setCallers: database.prepare(setCallers),
  };
  return (use) => {
    const { rotationId, secretId, calls, deniedCalls, brownoutCalls, lastUsedAt } = use;
    const added = statements.addUse.get(
      ...[rotationId, secretId, calls, deniedCalls, brownoutCalls, lastUsedAt],
    );
    const before = (added as { callers: number }).callers;
    const { callers, places } = placeCallers(use, before, (ip, userAgent) => {
      const found = statements.routesOfCaller.get(rotationId, secretId, ip, userAgent);
      return found === undefined ? null : JSON.parse((found as { routes: string }).routes);
    });
    for (const { ip, userAgent, firstSeenAt, lastSeenAt, routes, ...counts } of callers) {
      statements.addCaller.run(
        ...[
          rotationId,
          secretId,
          ip,
          userAgent,
          counts.calls,
          counts.deniedCalls,
          counts.brownoutCalls,
        ],
        ...[firstSeenAt, lastSeenAt, JSON.stringify([...routes])],
      );
    }
    if (places !== before) statements.setCallers.run(places, rotationId, secretId);
  };
}
