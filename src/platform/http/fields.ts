import { applyDecorators } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  ValidateIf,
  ValidateNested,
  type ValidationOptions,
} from 'class-validator';
import { emailLengthMax, isEmailAddress } from '../../core/email-address.js';
import { isTimeZone } from '../../core/day-ends.js';
import { canonicalIp } from '../../core/ip-address.js';
import { holdsSecretOfOurs } from '../../core/redaction.js';
import { isScopeName } from '../../core/scope-set.js';

/**
 * The kinds of field a request can have. One decorator sets both what is checked and what the OpenAPI document says.
 * `nullable` is for fields that a PATCH can empty.
 */
interface FieldOptions {
  readonly description?: string;
  readonly required?: boolean;
  readonly nullable?: boolean;
  readonly example?: unknown;
  readonly fallback?: unknown;
}

/**
 * Line ends and other control characters never belong in a name, and bidirectional overrides forge one. Half a character
 * (an unpaired surrogate) would not come back from a database as it went in.
 */
const noControls = /^[^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\p{Surrogate}]*$/u;

function field(
  options: FieldOptions,
  schema: ApiPropertyOptions,
  checks: PropertyDecorator[],
): PropertyDecorator {
  const { required = true, nullable = false, description, example, fallback } = options;
  const documented = ApiProperty({
    ...schema,
    required,
    ...(nullable && { nullable }),
    ...(description !== undefined && { description }),
    ...(example !== undefined && { example }),
    ...(fallback !== undefined && { default: fallback }),
  } as ApiPropertyOptions);
  const presence = required
    ? IsDefined({ message: '$property must be given.' })
    : nullable
      ? IsOptional()
      : ValidateIf((_object, value: unknown) => value !== undefined);
  return applyDecorators(documented, presence, ...checks);
}

/** @param options `mayHoldSecret`: for a text that is kept sealed; any other is shown again, so no secret belongs in it */
export function TextField(
  options: FieldOptions & { min?: number; max: number; mayHoldSecret?: boolean },
): PropertyDecorator {
  const { min = 1, max, mayHoldSecret = false } = options;
  return field(options, { type: String, minLength: min, maxLength: max }, [
    ...(mayHoldSecret
      ? []
      : [
          check('holdsNoSecret', holdsNoSecret(max), { message: '$property must hold no secret.' }),
        ]),
    Matches(noControls, {
      message: '$property must hold no control characters and no halves of characters.',
    }),
    Length(min, max, { message: `$property must have ${min} to ${max} characters.` }),
    IsString({ message: '$property must be a text.' }),
  ]);
}

/** A text that came to somebody else, who passes it on as it is: it is shown to nobody before it is redacted. */
export function SentTextField(
  options: FieldOptions & { shape?: RegExp; told?: string },
): PropertyDecorator {
  const { shape, told = 'a text' } = options;
  const hasShape = (value: unknown) => typeof value === 'string' && (shape?.test(value) ?? true);
  return field(options, { type: String, ...(shape && { pattern: shape.source }) }, [
    check('isSentText', hasShape, { message: `$property must be ${told}.` }),
  ]);
}

/** Characters of the shortest password that somebody can choose. */
const passwordLengthMin = 12;
const passwordLengthMax = 256;

/** A password that somebody chooses. Only its length is asked for (NIST SP 800-63B §5.1.1); it is never shown. */
export function NewPasswordField(options: FieldOptions = {}): PropertyDecorator {
  return TextField({
    ...{ min: passwordLengthMin, max: passwordLengthMax, mayHoldSecret: true },
    ...options,
  });
}

/** A password that is compared with what somebody has chosen. */
export function PasswordField(options: FieldOptions = {}): PropertyDecorator {
  return TextField({ max: passwordLengthMax, mayHoldSecret: true, ...options });
}

/** A code of an authenticator app, or one that stands in for it. What it is worth is judged where it is compared. */
export function CodeField(options: FieldOptions = {}): PropertyDecorator {
  return TextField({ max: 50, mayHoldSecret: true, ...options });
}

/** Bytes, as a browser answers with those of a passkey. @param options `min` and `max` in characters */
export function BytesField(
  options: FieldOptions & { min?: number; max: number },
): PropertyDecorator {
  const { min = 1, max } = options;
  const shape = /^[A-Za-z0-9_-]+$/;
  const isBytes = (value: unknown) =>
    typeof value === 'string' && value.length >= min && value.length <= max && shape.test(value);
  return field(options, { type: String, minLength: min, maxLength: max }, [
    check('isBytes', isBytes, {
      message: `$property must be ${min} to ${max} characters of base64url, without padding.`,
    }),
  ]);
}

/** What stands behind the `#` of a link that can be used once. */
export function LinkTokenField(): PropertyDecorator {
  const description = 'What stands behind the # of the link';
  return TextField({ max: 100, mayHoldSecret: true, description });
}

/** An IP address by itself, in any spelling that cannot be read in two ways. */
export function AddressField(options: FieldOptions): PropertyDecorator {
  const isAddress = (value: unknown) => typeof value === 'string' && canonicalIp(value) !== null;
  return field(options, { type: String }, [
    check('isAddress', isAddress, {
      message: '$property must be an IP address such as 203.0.113.7, without a port.',
    }),
  ]);
}

export function FlagField(options: FieldOptions): PropertyDecorator {
  return field(options, { type: Boolean }, [
    IsBoolean({ message: '$property must be true or false.' }),
  ]);
}

/** @param options in the unit that the field's name ends with */
export function IntegerField(
  options: FieldOptions & { min: number; max: number; inQuery?: boolean },
): PropertyDecorator {
  const { min, max } = options;
  const message = `$property must be a whole number from ${min} to ${max}.`;
  return field(options, { type: 'integer', minimum: min, maximum: max }, [
    ...(options.inQuery ? [Transform(({ value }) => numberOfDigits(value))] : []),
    Max(max, { message }),
    Min(min, { message }),
    IsInt({ message }),
  ]);
}

/** A query holds text; `1e2`, `0x10` and ` 7` are no spelling of a number there. */
function numberOfDigits(value: unknown): unknown {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

export function ChoiceField(options: FieldOptions & { of: readonly string[] }): PropertyDecorator {
  return field(options, { type: String, enum: [...options.of] }, [
    IsIn([...options.of], { message: `$property must be one of ${options.of.join(', ')}.` }),
  ]);
}

/** A time in ISO 8601 with its zone, such as 2027-01-31T12:00:00.000Z. */
export function TimeField(options: FieldOptions): PropertyDecorator {
  return field(options, { type: String, format: 'date-time' }, [
    check('isTime', isTime, {
      message: '$property must be a time such as 2027-01-31T12:00:00Z, with its zone.',
    }),
  ]);
}

const timeShape = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;

function isTime(value: unknown): boolean {
  const day = typeof value === 'string' ? timeShape.exec(value)?.[1] : undefined;
  return day !== undefined && isDay(day) && !Number.isNaN(Date.parse(value as string));
}

/** `Date` reads the 30th of February as the 2nd of March. */
function isDay(day: string): boolean {
  const time = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(day);
}

/** Whose calendar counts: an IANA name. */
export function TimeZoneField(options: FieldOptions): PropertyDecorator {
  return field(options, { type: String }, [
    check('isTimeZone', (value) => typeof value === 'string' && isTimeZone(value), {
      message: '$property must be the IANA name of a time zone, such as Europe/Dublin.',
    }),
  ]);
}

/** What is too long is not looked through: its length is refused. */
function holdsNoSecret(max: number): (value: unknown) => boolean {
  return (value) => typeof value !== 'string' || value.length > max || !holdsSecretOfOurs(value);
}

/** One plain address, such as ops@example.com. */
export function EmailField(options: FieldOptions): PropertyDecorator {
  const schema = { type: String, format: 'email', maxLength: emailLengthMax };
  return field(options, schema, [
    check('isEmail', isEmail, { message: '$property must be an e-mail address.' }),
  ]);
}

/** Plain addresses, each once. */
export function EmailsField(options: FieldOptions & { max: number }): PropertyDecorator {
  const { max } = options;
  const items = { type: 'string', format: 'email', maxLength: emailLengthMax };
  const schema = { type: 'array', items, maxItems: max, uniqueItems: true };
  return field(options, schema as ApiPropertyOptions, [
    check('arrayUnique', isUnique, { message: '$property must name each address once.' }),
    check('isEmail', isEmail, { each: true, message: '$property must hold e-mail addresses.' }),
    ArrayMaxSize(max, { message: `$property must hold at most ${max} addresses.` }),
    IsArray({ message: '$property must be a list.' }),
  ]);
}

function isEmail(value: unknown): boolean {
  return typeof value === 'string' && isEmailAddress(value) && !holdsSecretOfOurs(value);
}

/** Some of these, each once. */
export function ChoicesField(options: FieldOptions & { of: readonly string[] }): PropertyDecorator {
  const { of } = options;
  const schema = { enum: [...of], isArray: true, uniqueItems: true };
  return field(options, schema as ApiPropertyOptions, [
    check('arrayUnique', isUnique, { message: '$property must name each once.' }),
    IsIn([...of], { each: true, message: `$property must hold any of ${of.join(', ')}.` }),
    ArrayMaxSize(of.length, { message: `$property must hold at most ${of.length}.` }),
    IsArray({ message: '$property must be a list.' }),
  ]);
}

/** Short texts, each once. */
export function TextsField(
  options: FieldOptions & { max: number; lengthMax: number },
): PropertyDecorator {
  const { max, lengthMax } = options;
  const schema = { type: String, isArray: true, maxItems: max, uniqueItems: true };
  return field(options, schema as ApiPropertyOptions, [
    check('arrayUnique', isUnique, { message: '$property must say each text once.' }),
    check('holdsNoSecret', holdsNoSecret(lengthMax), {
      each: true,
      message: '$property must hold no secret.',
    }),
    Matches(noControls, { each: true, message: '$property must hold no control characters.' }),
    Length(1, lengthMax, {
      each: true,
      message: `$property must hold texts of 1 to ${lengthMax} characters.`,
    }),
    IsString({ each: true, message: '$property must hold texts.' }),
    ArrayMaxSize(max, { message: `$property must hold at most ${max} texts.` }),
    IsArray({ message: '$property must be a list.' }),
  ]);
}

/** Names of scopes, each once. */
export function ScopesField(options: FieldOptions & { max?: number }): PropertyDecorator {
  const { max = 1000 } = options;
  const schema = {
    type: String,
    isArray: true,
    maxItems: max,
    uniqueItems: true,
  } as ApiPropertyOptions;
  return field(options, schema, [
    check('arrayUnique', isUnique, { message: '$property must name each scope once.' }),
    check('isScopeName', (value) => typeof value === 'string' && isScopeName(value), {
      each: true,
      message: '$property must hold names of scopes: visible ASCII without quotes and backslashes.',
    }),
    ArrayMaxSize(max, { message: `$property must hold at most ${max} scopes.` }),
    IsArray({ message: '$property must be a list.' }),
  ]);
}

/** class-validator's own compares each with each: 21 seconds for 10⁵ names. */
function isUnique(value: unknown): boolean {
  return Array.isArray(value) && new Set(value).size === value.length;
}

export function ObjectField(
  options: FieldOptions & { type: () => new () => object },
): PropertyDecorator {
  return field(options, { type: options.type }, [
    ValidateNested(),
    Type(options.type),
    check('isObject', isPlainObject, { message: '$property must be an object.' }),
  ]);
}

export function ObjectsField(
  options: FieldOptions & { type: () => new () => object; min?: number; max: number },
): PropertyDecorator {
  const { type, min, max } = options;
  const bounds = { ...(min !== undefined && { minItems: min }), maxItems: max };
  return field(options, { type, isArray: true, ...bounds } as ApiPropertyOptions, [
    ValidateNested({ each: true }),
    Type(type),
    check('isObject', isPlainObject, { each: true, message: '$property must hold objects.' }),
    ...(min === undefined
      ? []
      : [ArrayMinSize(min, { message: `$property must hold at least ${min}.` })]),
    ArrayMaxSize(max, { message: `$property must hold at most ${max} entries.` }),
    IsArray({ message: '$property must be a list.' }),
  ]);
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A rule of our own, for what no stock decorator checks. */
export function check(
  name: string,
  rule: (value: unknown) => boolean,
  options: ValidationOptions,
): PropertyDecorator {
  return ValidateBy({ name, validator: { validate: rule } }, options);
}
