import { otherReasons, type ErrorDetail, type OtherReason } from './envelope.js';

/** Ends a management request with an error that is no denial. The error filter makes the envelope of it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly reason: OtherReason,
    message: string,
    readonly details: readonly ErrorDetail[] = [],
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
  return new ApiError('VALIDATION_FAILED', `The request is not valid: ${message}`, [
    { message, code: 'INVALID', in: 'body', context: { field, ...context } },
  ]);
}

/** Nobody gives more than they may give. @param beyond the scopes that are not the caller's to hand out */
export function scopeNotGrantable(beyond: readonly string[]): ApiError {
  const message = `Nobody gives more than they may give: ${beyond.join(', ')} cannot be handed out here.`;
  const context = { scopesNotGrantable: beyond };
  return new ApiError('SCOPE_NOT_GRANTABLE', message, [
    { message, code: 'SCOPE_NOT_GRANTABLE', in: 'scopes', context },
  ]);
}

export function selfEdit(): ApiError {
  return new ApiError('SELF_EDIT', 'A key cannot change itself. Use another key.');
}
