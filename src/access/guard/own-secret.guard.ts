import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { presentedSecrets } from '../../core/credential.js';
import { carriesSecret } from '../../core/redaction.js';
import { ApiError } from '../../platform/errors/api-error.js';
import type { GuardedRequest } from './guarded-request.js';

const reading = new Set(['GET', 'HEAD']);
const keepsQueryKey = 'latchkey:keeps-query';

/** For a GET whose parameters are kept, as what was asked for. */
export const KeepsQuery = (): MethodDecorator => SetMetadata(keepsQueryKey, true);

/**
 * Refuses a change that repeats the request's own credential in what would be kept and shown again: a secret that was brought
 * along has no checksum for a field to know it by. It looks at every route, so that none can forget to.
 */
@Injectable()
export class OwnSecretGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<GuardedRequest>();
    const keepsQuery = this.reflector.get<true | undefined>(keepsQueryKey, context.getHandler());
    if (reading.has(request.method) && !keepsQuery) return true;
    const presented = presentedSecrets(request.arrival.credential);
    const { params, query, body } = request;
    for (const [place, value] of Object.entries({ path: params, query, body })) {
      const field = fieldThatRepeats(value, presented);
      if (field === null) continue;
      const message = `${field === '' ? 'The body' : field} must hold no secret.`;
      throw new ApiError('VALIDATION_FAILED', `The request is not valid: ${message}`, [
        { message, code: 'HOLDS_NO_SECRET', in: place, context: { field } },
      ]);
    }
    return true;
  }
}

/** @returns its name; empty for a document that is taken as its text */
function fieldThatRepeats(value: unknown, presented: readonly string[]): string | null {
  if (typeof value === 'string') return repeats(value, presented) ? '' : null;
  // What is to be sealed is a secret, and may be any.
  const { credential: _sealed, ...kept } = Object(value) as Record<string, unknown>;
  return Object.keys(kept).find((name) => repeats(kept[name], presented)) ?? null;
}

/** The body parser has bounded the depth. */
function repeats(value: unknown, presented: readonly string[]): boolean {
  if (typeof value === 'string') return presented.some((secret) => carriesSecret(value, secret));
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).some((member) => repeats(member, presented));
}
