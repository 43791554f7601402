import {
  QueryFailedError,
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
  TransactionNotStartedError,
} from 'typeorm';
import { StoreUnavailableError } from '../core/ports.js';

/** A change that failed for want of the database. */
export class ChangeFailedError extends StoreUnavailableError {
  /** @param isUndecided whether its commit was under way, so that it may have been carried out all the same */
  constructor(
    readonly isUndecided: boolean,
    cause: Error,
  ) {
    super(`The database could not carry this out: ${cause.message}`, { cause });
  }
}

/** Whether an error tells of a database that is away, full or broken, and not of what it was asked. */
export function isDatabaseAway(error: unknown): error is Error {
  if (error instanceof StoreUnavailableError) return true;
  // A connection that breaks takes the transaction on it along, which then finds itself without one.
  if (withoutConnection.some((kind) => error instanceof kind)) return true;
  const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
  const { code, syscall, message } = Object(cause) as Partial<Record<string, unknown>>;
  if (typeof code !== 'string') return saysConnectionLost.test(String(message));
  if (syscall === 'connect' || networkCodes.has(code)) return true;
  return sqliteCodes.test(code) || sqlStates.test(code);
}

const withoutConnection = [
  QueryRunnerAlreadyReleasedError,
  QueryRunnerProviderAlreadyReleasedError,
  TransactionNotStartedError,
];

/** Has a question that is asked before anything is changed say so where it cannot be answered. */
export async function beforeAnyChange<T>(asking: Promise<T>): Promise<T> {
  try {
    return await asking;
  } catch (error) {
    if (!isDatabaseAway(error)) throw error;
    throw new StoreUnavailableError('The store cannot be asked.', { cause: error });
  }
}

const networkCodes = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN', 'ENOTFOUND', 'EAI_AGAIN', 'ENOTCONN'],
  // What Node says of a connection that broke while something was about to be written to it.
  ...['ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END', 'ERR_SOCKET_CLOSED'],
]);

/** The result codes that are about the disk, the file or the machine, with their extended forms. */
const sqliteCodes = /^SQLITE_(?:FULL|IOERR|BUSY|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL)/;

/**
 * SQLSTATE: connection (08), refused log-in (28), no such database (3D), resources and full disk (53), operator (57), system
 * (58), corruption (XX001, XX002), and a server that only reads, as one does that another has taken over from.
 */
const sqlStates = /^(?:(?:08|28|3D|53|57|58)[0-9A-Z]{3}|XX00[12]|25006)$/;

/** What `pg` says of a connection, without a code. */
const saysConnectionLost =
  /^(?:Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|Client was closed|Query read timeout)/;
