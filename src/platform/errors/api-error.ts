import { otherReasons, type ErrorDetail, type OtherReason } from './envelope.js';

/** Ends a management request with an error that is no denial. The error filter makes the envelope of it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly reason: OtherReason,
    message: string,
    readonly details: readonly ErrorDetail[] = [],
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }

  get status(): number {
    return otherReasons[this.reason].status;
  }
}

/** Also for an object of another account: that it exists is not said. */
export function notFound(what: string): ApiError {
  return new ApiError('OBJECT_NOT_FOUND', `There is no such ${what}.`);
}

export function conflict(
  message: string,
  code: string,
  context?: Readonly<Record<string, unknown>>,
): ApiError {
  return new ApiError('CONFLICT', message, [
    { message, code, in: 'body', ...(context && { context }) },
  ]);
}

/** A field whose value the rules refuse, told like one that the validator refused. */
export function invalidField(
  field: string,
  message: string,
  context: Readonly<Record<string, unknown>> = {},
): ApiError {
  return invalidAt('body', field, message, context);
}

/** The same for a query parameter. */
export function invalidParameter(field: string, message: string): ApiError {
  return invalidAt('query', field, message);
}

/** The same for a part of the path. */
export function invalidPathPart(field: string, message: string): ApiError {
  return invalidAt('path', field, message);
}

function invalidAt(place: string, field: string, message: string, context: object = {}): ApiError {
  return new ApiError('VALIDATION_FAILED', `The request is not valid: ${message}`, [
    { message, code: 'INVALID', in: place, context: { field, ...context } },
  ]);
}

/** Scopes that the catalogue lacks. @param field where they were named */
export function unknownScopes(field: string, names: readonly string[]): ApiError {
  const context = { unknownScopes: names.slice(0, namesToldMax) };
  return invalidField(field, `there is no scope ${someOf(names)}.`, context);
}

/** Nobody gives more than they may give. @param beyond the scopes that are not the caller's to hand out */
export function scopeNotGrantable(beyond: readonly string[]): ApiError {
  const message = `Nobody gives more than they may give: ${someOf(beyond)} cannot be handed out here.`;
  const context = { scopesNotGrantable: beyond.slice(0, namesToldMax) };
  return new ApiError('SCOPE_NOT_GRANTABLE', message, [
    { message, code: 'SCOPE_NOT_GRANTABLE', in: 'scopes', context },
  ]);
}

/** What a key makes is limited as it is itself. @param beyond the limits that were to be wider */
export function limitNotGrantable(beyond: readonly string[]): ApiError {
  const message = `Nobody gives more than they may give: ${beyond.join(' and ')} would be wider than this key's own.`;
  const details = beyond.map((field) => ({
    message,
    code: 'LIMIT_NOT_GRANTABLE',
    in: 'body',
    context: { field },
  }));
  return new ApiError('LIMIT_NOT_GRANTABLE', message, details);
}

/** A request can name thousands of scopes; an answer that repeats them all would be as long. */
const namesToldMax = 100;

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 20).join(', ');
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown;
}

/** To a developer, who may read it all the same. */
export function keyOfOthers(): ApiError {
  return new ApiError(
    'KEY_OF_OTHERS',
    'A developer changes the keys that they made, and no others. Ask an admin of the account.',
  );
}

/** @param retryAfterSeconds when another attempt makes sense */
export function tooManyAttempts(retryAfterSeconds: number): ApiError {
  const message = 'There were too many attempts. Wait as long as Retry-After says.';
  return new ApiError('TOO_MANY_ATTEMPTS', message, [], retryAfterSeconds);
}

export function selfEdit(): ApiError {
  return new ApiError('SELF_EDIT', 'A key cannot change itself. Use another key.');
}
