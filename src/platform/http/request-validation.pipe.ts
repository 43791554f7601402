import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { ApiError } from '../errors/api-error.js';
import type { ErrorDetail } from '../errors/envelope.js';
import { excessOf } from './excess.js';
import { printableName } from './printable-name.js';

const places: Readonly<Record<string, string>> = { body: 'body', query: 'query', param: 'path' };
/** A hostile body can have any number of faults; these are enough to go on with. */
const detailsMax = 50;
const validation = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };

/** Checks bodies and queries against their class; unknown properties are refused. One entry per field says what is wrong. */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    const place = places[type];
    if (place === undefined || metatype === undefined || isBuiltIn(metatype)) return value;
    return validated(value, metatype as ClassConstructor<object>, place);
  }
}

/**
 * A value as an instance of the class that says what it takes.
 *
 * @param place where it came from: `body`, `query` or `path`
 * @throws ApiError 400
 */
export async function validated<T extends object>(
  value: unknown,
  type: ClassConstructor<T>,
  place: string,
): Promise<T> {
  // No body at all reads as `{}`, so that it is told which properties it lacks.
  if (value !== undefined && !isObject(value)) {
    const message = 'The body must be a JSON object.';
    throw invalid(message, [{ message, code: 'IS_OBJECT', in: place }]);
  }
  const excess = excessOf(value);
  if (excess !== null) {
    const { message, field } = excess;
    throw invalid(message, [{ message, code: 'EXCESS', in: place, context: { field } }]);
  }
  const instance = plainToInstance(type, { ...value });
  const errors = await validate(instance, validation);
  if (errors.length === 0) return instance;
  const details = errors.flatMap((error) => detailsOf(error, '', place)).slice(0, detailsMax);
  throw invalid(details[0]?.message ?? 'see errors', details);
}

function invalid(message: string, details: readonly ErrorDetail[]): ApiError {
  return new ApiError('VALIDATION_FAILED', `The request is not valid: ${message}`, details);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function detailsOf(error: ValidationError, parent: string, place: string): ErrorDetail[] {
  const field = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({
    message:
      constraint === 'whitelistValidation'
        ? `There is no property ${printableName(field)} here.`
        : message,
    code: constraint.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
    in: place,
    context: { field: printableName(field) },
  }));
  // What is wrong with a list's entries says little where the list itself is wrong.
  if (own.length > 0) return own.slice(0, 1);
  return (error.children ?? []).flatMap((child) => detailsOf(child, field, place));
}

function isBuiltIn(metatype: unknown): boolean {
  return [String, Boolean, Number, Array, Object].includes(metatype as StringConstructor);
}
