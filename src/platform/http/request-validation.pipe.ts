import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { ApiError } from '../errors/api-error.js';
import type { ErrorDetail } from '../errors/envelope.js';

const places: Readonly<Record<string, string>> = { body: 'body', query: 'query', param: 'path' };
/** A hostile body can have any number of faults; these are enough to go on with. */
const detailsMax = 50;

/** Checks bodies and queries against their class; unknown properties are refused. One entry per field says what is wrong. */
@Injectable()
export class RequestValidationPipe implements PipeTransform {
  async transform(value: unknown, { type, metatype }: ArgumentMetadata): Promise<unknown> {
    const place = places[type];
    if (place === undefined || metatype === undefined || isBuiltIn(metatype)) return value;
    if (value !== null && value !== undefined && (typeof value !== 'object' || Array.isArray(value))) {
      throw new ApiError('VALIDATION_FAILED', 'The request is not valid: the body must be a JSON object.', [
        { message: 'The body must be a JSON object.', code: 'IS_OBJECT', in: place },
      ]);
    }
    const instance = plainToInstance(metatype as ClassConstructor<object>, { ...value });
    const errors = await validate(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false });
    if (errors.length === 0) return instance;
    const details = errors.flatMap((error) => detailsOf(error, '', place)).slice(0, detailsMax);
    throw new ApiError('VALIDATION_FAILED', `The request is not valid: ${details[0]?.message ?? 'see errors'}`, details);
  }
}

function detailsOf(error: ValidationError, parent: string, place: string): ErrorDetail[] {
  const field = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([constraint, message]) => ({
    message: constraint === 'whitelistValidation' ? `There is no property ${printable(field)} here.` : message,
    code: constraint.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase(),
    in: place,
    context: { field: printable(field) },
  }));
  return [...own.slice(0, 1), ...(error.children ?? []).flatMap((child) => detailsOf(child, field, place))];
}

function printable(field: string): string {
  return field.replace(/[^\x20-\x7e]/g, '?').slice(0, 100);
}

function isBuiltIn(metatype: unknown): boolean {
  return [String, Boolean, Number, Array, Object].includes(metatype as StringConstructor);
}
