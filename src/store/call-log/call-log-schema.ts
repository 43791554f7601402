/** The schema of the call log on PostgreSQL, where it may share a database with everything else. */
export const callLogSchema = 'call_log';

/** How a statement names one of the call log's tables. */
export function callLogTable(
  name: 'call' | 'call_node' | 'secret_usage',
  kind: 'sqlite' | 'postgres',
): string {
  return kind === 'postgres' ? `${callLogSchema}.${name}` : name;
}
