/** The schema of the call log on PostgreSQL, where it may share a database with everything else. */
export const callLogSchema = 'call_log';

export type CallLogTable =
  | 'call'
  | 'call_node'
  | 'call_run'
  | 'secret_usage'
  | 'secret_hour'
  | 'key_usage'
  | 'key_usage_places'
  | 'usage_counting'
  | 'rotation_usage'
  | 'rotation_caller'
  | 'rotation_counting';

/** How a statement names one of the call log's tables. */
export function callLogTable(name: CallLogTable, kind: 'sqlite' | 'postgres'): string {
  return kind === 'postgres' ? `${callLogSchema}.${name}` : name;
}
