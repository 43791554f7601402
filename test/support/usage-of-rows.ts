import { expect } from '@jest/globals';

/** Runs a statement on a call log whose tables need no schema. */
export type QueryLog = (sql: string) => Promise<Row[]> | Row[];
type Row = Record<string, unknown>;

/** Counters by what they count, and the last use of each secret among those that it may be. */
interface Usage {
  readonly counts: Record<string, number[]>;
  readonly lastUses: Record<string, string[]>;
}

/** Expects that every counter says what counting the rows says. No name may have lost its own place. */
export async function expectUsageOfRows(query: QueryLog): Promise<void> {
  const counted = await usageInTables(query);
  const expected = usageOfRows(await query('SELECT * FROM call'));
  expect(counted.counts).toEqual(expected.counts);
  for (const [secretId, [use]] of Object.entries(counted.lastUses))
    expect(expected.lastUses[secretId]).toContain(use);
}

async function usageInTables(query: QueryLog): Promise<Usage> {
  const counts: Usage['counts'] = {};
  const lastUses: Usage['lastUses'] = {};
  for (const row of await query('SELECT * FROM secret_usage')) {
    counts[`${row['key_id']} ${row['secret_id']}`] = numbers(row, [
      'calls',
      'denied_calls',
      'last_used_at',
    ]);
    const { last_used_ip: ip, last_used_user_agent: agent, last_used_route: route } = row;
    lastUses[row['secret_id'] as string] = [JSON.stringify([ip, agent, route])];
  }
  for (const row of await query('SELECT * FROM secret_hour'))
    counts[`${row['key_id']} ${row['secret_id']} ${row['hour']} ${row['outcome']}`] = numbers(row, [
      'calls',
    ]);
  for (const row of await query('SELECT * FROM key_usage'))
    counts[`${row['key_id']} ${row['kind']} ${row['name']}`] = numbers(row, [
      'calls',
      'denied_calls',
      'first_used_at',
      'last_used_at',
    ]);
  for (const row of await query('SELECT * FROM key_usage_places'))
    counts[`${row['key_id']} places`] = numbers(row, ['caller', 'route', 'scope']);
  return { counts, lastUses };
}

function usageOfRows(rows: readonly Row[]): Usage {
  const counts: Usage['counts'] = {};
  const lastUses: Usage['lastUses'] = {};
  for (const row of rows) {
    const { key_id: key, secret_id: secret, caller_ip: ip, user_agent: agent, route } = row;
    if (secret === null) continue;
    const at = Number(row['at']);
    const denied = row['decision'] === 'denied' ? 1 : 0;
    const ofSecret = (counts[`${key} ${secret}`] ??= [0, 0, 0]) as [number, number, number];
    if (at > ofSecret[2]) lastUses[secret as string] = [];
    if (at >= ofSecret[2]) lastUses[secret as string]?.push(JSON.stringify([ip, agent, route]));
    ofSecret[0] += 1;
    ofSecret[1] += denied;
    ofSecret[2] = Math.max(ofSecret[2], at);
    const hour = Math.floor(at / 3_600_000) * 3_600_000;
    const ofHour = (counts[`${key} ${secret} ${hour} ${denied ? row['reason'] : 'allowed'}`] ??= [
      0,
    ]) as [number];
    ofHour[0] += 1;
    const names = [
      ['caller', ip ?? ''],
      ...(route === null
        ? []
        : [['route', `${row['service_id'] ?? ''} ${row['method']} ${route}`]]),
      ...(JSON.parse(row['used_scopes'] as string) as string[]).map((scope) => ['scope', scope]),
    ];
    for (const [kind, name] of names) {
      const places = (counts[`${key} places`] ??= [0, 0, 0]) as [number, number, number];
      const place = `${key} ${kind} ${name}`;
      if (counts[place] === undefined)
        places[['caller', 'route', 'scope'].indexOf(kind as string) as 0] += 1;
      const use = (counts[place] ??= [0, 0, at, at]) as [number, number, number, number];
      use[0] += 1;
      use[1] += denied;
      use[2] = Math.min(use[2], at);
      use[3] = Math.max(use[3], at);
    }
  }
  return { counts, lastUses };
}

function numbers(row: Row, columns: readonly string[]): number[] {
  return columns.map((column) => Number(row[column]));
}
