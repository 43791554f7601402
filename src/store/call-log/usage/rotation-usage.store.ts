import {
  noTraffic,
  type SecretCaller,
  type SecretTraffic,
  type SecretUse,
} from '../../../core/rotation-traffic.js';
import type { CallLogTables } from '../read/call-log-tables.js';

/** Reads what the secrets of rotations are used for: counted from each call's row. */
export class RotationUsageStore {
  constructor(private readonly tables: CallLogTables) {}

  /** What a rotation's secret was used for since the rotation began: counted as it happened, however long the log is. */
  async trafficOf(rotationId: string, secretId: string): Promise<SecretTraffic> {
    const where = 'WHERE rotation_id = ? AND secret_id = ?';
    const values = [rotationId, secretId];
    const [sum] = await this.tables.query(
      `SELECT ${useColumns} FROM ${this.tables.name('rotation_usage')} ${where}`,
      values,
    );
    if (sum === undefined) return noTraffic;
    const callers = await this.tables.query(
      `SELECT * FROM ${this.tables.name('rotation_caller')} ${where} ORDER BY last_seen_at DESC, ip, user_agent`,
      values,
    );
    return { ...useOf(sum), callers: callers.map(callerOf) };
  }

  /** The same of both secrets of several rotations, in sum, by rotation and then by secret. */
  async useOfRotations(
    rotationIds: readonly string[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<string, SecretUse>>> {
    const records = await this.tables.queryByIds(
      (marks) =>
        `SELECT rotation_id, secret_id, ${useColumns} FROM ${this.tables.name('rotation_usage')} WHERE rotation_id IN (${marks})`,
      rotationIds,
    );
    const uses = new Map<string, Map<string, SecretUse>>();
    for (const record of records) {
      const rotationId = record['rotation_id'] as string;
      const ofRotation = uses.get(rotationId) ?? new Map<string, SecretUse>();
      uses.set(rotationId, ofRotation.set(record['secret_id'] as string, useOf(record)));
    }
    return uses;
  }

  /** Epoch milliseconds at which this log began to count what rotations are used for. */
  async countingSince(): Promise<number> {
    const [record] = await this.tables.query(
      `SELECT since FROM ${this.tables.name('rotation_counting')}`,
      [],
    );
    return Number(record?.['since'] ?? 0);
  }
}

const useColumns = 'calls, denied_calls, brownout_calls, last_used_at';

function useOf(record: Readonly<Record<string, unknown>>): SecretUse {
  return {
    calls: Number(record['calls']),
    deniedCalls: Number(record['denied_calls']),
    brownoutCalls: Number(record['brownout_calls']),
    lastUsedAt: Number(record['last_used_at']),
  };
}

function callerOf(record: Readonly<Record<string, unknown>>): SecretCaller {
  return {
    ip: (record['ip'] as string) || null,
    userAgent: (record['user_agent'] as string) || null,
    calls: Number(record['calls']),
    deniedCalls: Number(record['denied_calls']),
    brownoutCalls: Number(record['brownout_calls']),
    firstSeenAt: Number(record['first_seen_at']),
    lastSeenAt: Number(record['last_seen_at']),
    routes: JSON.parse(record['routes'] as string) as string[],
  };
}
