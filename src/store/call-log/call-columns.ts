import type { Call, CallOutcome } from '../../core/call.js';
import type { NewCall } from '../../core/ports.js';
import { ipSortKey } from './ip-sort-key.js';

/** A position is the call's millisecond times this, plus a number; a call beyond that many takes a place of the next. */
export const positionsPerMs = 4096;

/** A value as both drivers bind it. */
export type Cell = string | number | null;

/** `integer` is 64 bits wide, `real` a double, `list` a JSON array of strings. */
export type ColumnKind = 'integer' | 'real' | 'text' | 'list';

export interface CallColumn {
  /** Its name in the database. */
  readonly name: string;
  /** The field of a call it holds, or `null` for what is derived from others so that it can be searched. */
  readonly field: keyof Call | null;
  readonly kind: ColumnKind;
}

type ListField = 'requiredScopes' | 'usedScopes' | 'missingScopes';

// The order here is the order of the columns in the table, of the cells of a packed row and of what is read back.
// `satisfies` makes a field that is missing or no longer there a compile error.
const scalarFields = {
  position: 'integer',
  nodeId: 'text',
  seq: 'integer',
  id: 'text',
  at: 'integer',
  accountId: 'text',
  keyId: 'text',
  keyName: 'text',
  environment: 'text',
  secretId: 'text',
  secretStart: 'text',
  secretState: 'text',
  rotationId: 'text',
  credential: 'text',
  door: 'text',
  actor: 'text',
  serviceId: 'text',
  method: 'text',
  host: 'text',
  path: 'text',
  query: 'text',
  route: 'text',
  decision: 'text',
  reason: 'text',
  wouldDeny: 'text',
  status: 'integer',
  upstreamStatus: 'integer',
  callerIp: 'text',
  peerIp: 'text',
  forwardedFor: 'text',
  userAgent: 'text',
  clientRequestId: 'text',
  durationMs: 'real',
  upstreamMs: 'real',
  requestBytes: 'integer',
  responseBytes: 'integer',
} as const satisfies Record<Exclude<keyof Call, ListField>, ColumnKind>;

const listFields = {
  requiredScopes: 'list',
  usedScopes: 'list',
  missingScopes: 'list',
} as const satisfies Record<ListField, ColumnKind>;

const outcomeFields = {
  reason: true,
  status: true,
  upstreamStatus: true,
  durationMs: true,
  upstreamMs: true,
  requestBytes: true,
  responseBytes: true,
} as const satisfies Record<keyof CallOutcome, true>;

const fieldColumns: readonly CallColumn[] = Object.entries({ ...scalarFields, ...listFields }).map(
  ([field, kind]) => ({ name: snakeCase(field), field: field as keyof Call, kind }),
);

/** Every column of the table `call`, in its order. */
export const callColumns: readonly CallColumn[] = [
  ...fieldColumns,
  { name: 'caller_ip_key', field: null, kind: 'text' },
];

export const rowWidth = callColumns.length;

/** What `complete` changes, in the order of a packed completion, which ends with the row's position. */
export const outcomeColumns: readonly CallColumn[] = Object.keys(outcomeFields).map(
  (field) => callColumns[columnIndex(field as keyof Call)] as CallColumn,
);

export const completionWidth = outcomeColumns.length + 1;

/** Where in a packed row a field lies. */
export function columnIndex(field: keyof Call): number {
  return fieldColumns.findIndex((column) => column.field === field);
}

/**
 * Appends a row's cells: flat, because one array of scalars is the cheapest thing to hand to another thread. In the order of
 * `callColumns`, field by field: names that are looked up in a loop cost more than the rest of it.
 */
export function packCall(cells: Cell[], call: NewCall, nodeId: string, seq: number): void {
  cells.push(
    call.position,
    nodeId,
    seq,
    call.id,
    call.at,
    call.accountId,
    call.keyId,
    call.keyName,
    call.environment,
    call.secretId,
    call.secretStart,
    call.secretState,
    call.rotationId,
    call.credential,
    call.door,
    call.actor,
    call.serviceId,
    call.method,
    call.host,
    call.path,
    call.query,
    call.route,
    call.decision,
    call.reason,
    call.wouldDeny,
    call.status,
    call.upstreamStatus,
    call.callerIp,
    call.peerIp,
    call.forwardedFor,
    call.userAgent,
    call.clientRequestId,
    call.durationMs,
    call.upstreamMs,
    call.requestBytes,
    call.responseBytes,
    packedList(call.requiredScopes),
    packedList(call.usedScopes),
    packedList(call.missingScopes),
    call.callerIp === null ? null : ipSortKey(call.callerIp),
  );
}

function packedList(list: readonly string[]): string {
  return list.length === 0 ? '[]' : JSON.stringify(list);
}

const packedOutcome = Object.keys(outcomeFields) as (keyof CallOutcome)[];

export function packCompletion(cells: Cell[], position: number, outcome: CallOutcome): void {
  for (const field of packedOutcome) cells.push(outcome[field] ?? null);
  cells.push(position);
}

/** The columns to select for `callOf`, quoted. */
export const selectedColumns = fieldColumns.map(({ name }) => `"${name}"`).join(', ');

/** A call from a record of either driver (PostgreSQL's gives 64-bit integers as text). */
export function callOf(record: Readonly<Record<string, unknown>>): Call {
  const call: Record<string, unknown> = {};
  for (const { name, field, kind } of fieldColumns)
    call[field as string] = valueOf(record[name], kind);
  return call as unknown as Call;
}

function valueOf(cell: unknown, kind: ColumnKind): unknown {
  if (cell === null || kind === 'text') return cell;
  return kind === 'list' ? (JSON.parse(cell as string) as string[]) : Number(cell);
}

function snakeCase(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
