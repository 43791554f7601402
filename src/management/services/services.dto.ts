import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsDefined } from 'class-validator';
import { isScopeName } from '../../core/scope-set.js';
import { routeMethods, type RouteMethod } from '../../core/route-table.js';
import {
  ChoiceField,
  FlagField,
  IntegerField,
  ObjectField,
  ObjectsField,
  TextField,
  check,
} from '../../platform/http/fields.js';
import {
  UpstreamCredentialField,
  UpstreamCredentialResponse,
} from '../../platform/http/upstream.dto.js';
import { Paging } from '../../platform/http/pages.js';

export const timeoutMsDefault = 30_000;
const timeoutMsMax = 600_000;
const routesMax = 10_000;
const setsMax = 50;
const scopesPerSetMax = 100;

export class PutServiceRequest {
  @TextField({
    max: 2000,
    example: 'https://crm.internal.example:8443/api',
    description: 'Where calls are forwarded to',
  })
  upstream!: string;

  @TextField({
    max: 200,
    example: '/crm',
    description: 'The path on the access listener under which it appears',
  })
  mount!: string;

  @FlagField({
    required: false,
    fallback: true,
    description: 'Open to all accounts; otherwise an account needs a binding',
  })
  open?: boolean;

  @FlagField({
    required: false,
    fallback: true,
    description: 'Whether the mount is taken off before the path is sent on',
  })
  stripMount?: boolean;

  @IntegerField({
    min: 100,
    max: timeoutMsMax,
    required: false,
    fallback: timeoutMsDefault,
    description: 'Milliseconds to wait for the upstream',
  })
  timeoutMs?: number;

  @ObjectField({
    type: () => UpstreamCredentialField,
    required: false,
    nullable: true,
    description:
      'What the upstream is shown in the place of the key. Left out, the one that is there stays; null takes it away',
  })
  credential?: UpstreamCredentialField | null;

  @FlagField({
    required: false,
    nullable: true,
    description:
      'Whether the upstream is told who called; by default, unless it has a credential of its own',
  })
  identityHeaders?: boolean | null;
}

export class ServiceResponse {
  @ApiProperty({ example: 'svc_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ example: 'crm' })
  name!: string;

  @ApiProperty({ required: false, description: "Shown to the operator's keys only" })
  upstream?: string;

  @ApiProperty()
  mount!: string;

  @ApiProperty()
  open!: boolean;

  @ApiProperty()
  stripMount!: boolean;

  @ApiProperty()
  timeoutMs!: number;

  @ApiProperty({
    type: UpstreamCredentialResponse,
    nullable: true,
    required: false,
    description: "Shown to the operator's keys only, and never with its value",
  })
  credential?: UpstreamCredentialResponse | null;

  @ApiProperty({ type: Boolean, nullable: true })
  identityHeaders!: boolean | null;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;
}

export class ServicesPage {
  @ApiProperty({ type: [ServiceResponse] })
  results!: ServiceResponse[];

  @ApiProperty()
  paging!: Paging;
}

function ScopeSetsField(): PropertyDecorator {
  return applyDecorators(
    ApiProperty({
      type: 'array',
      items: { type: 'array', items: { type: 'string' } },
      maxItems: setsMax,
      example: [['contacts.read']],
      description:
        'Any one set suffices, and every scope inside a set is needed. [] is any valid key',
    }),
    IsDefined({ message: '$property must be given; [] lets any valid key in.' }),
    check('isScopeSets', isListOfScopeSets, {
      message: `$property must be a list of lists, each of 1 to ${scopesPerSetMax} different names of scopes.`,
    }),
    ArrayMaxSize(setsMax, { message: `$property must hold at most ${setsMax} sets.` }),
    IsArray({ message: '$property must be a list.' }),
  );
}

function isListOfScopeSets(value: unknown): boolean {
  return Array.isArray(value) && value.every(isScopeSet);
}

function isScopeSet(set: unknown): boolean {
  if (!Array.isArray(set) || set.length === 0 || set.length > scopesPerSetMax) return false;
  return (
    new Set(set).size === set.length &&
    set.every((name) => typeof name === 'string' && isScopeName(name))
  );
}

export class RouteField {
  @ChoiceField({ of: routeMethods, description: 'HEAD is decided as GET' })
  method!: RouteMethod;

  @TextField({ max: 1024, example: '/contacts/{id}', description: 'Below the mount' })
  path!: string;

  @ScopeSetsField()
  scopeSets!: string[][];

  @FlagField({
    required: false,
    fallback: false,
    description: 'Open to anybody, without a credential',
  })
  public?: boolean;
}

export class PutRoutesRequest {
  @ObjectsField({
    type: () => RouteField,
    max: routesMax,
    description: "Replaces all of the service's routes",
  })
  routes!: RouteField[];
}

export class RouteResponse {
  @ApiProperty({ example: 'rte_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ enum: routeMethods })
  method!: RouteMethod;

  @ApiProperty()
  path!: string;

  @ApiProperty({ type: 'array', items: { type: 'array', items: { type: 'string' } } })
  scopeSets!: string[][];

  @ApiProperty()
  public!: boolean;
}

export class RoutesResponse {
  @ApiProperty({ type: [RouteResponse] })
  routes!: RouteResponse[];
}

export class ImportQuery {
  @TextField({
    max: 64,
    required: false,
    description: 'Put before each scope that the document names',
  })
  scopePrefix?: string;

  @ChoiceField({
    of: ['any_key', 'public'],
    required: false,
    fallback: 'any_key',
    description: 'What operations without security become',
  })
  unsecured?: 'any_key' | 'public';

  @ChoiceField({
    of: ['true', 'false'],
    required: false,
    fallback: 'false',
    description: 'Shows the change and makes none',
  })
  dryRun?: 'true' | 'false';
}

export class ImportedRouteResponse {
  @ApiProperty({ enum: routeMethods })
  method!: RouteMethod;

  @ApiProperty()
  path!: string;

  @ApiProperty({ type: 'array', items: { type: 'array', items: { type: 'string' } } })
  scopeSets!: string[][];

  @ApiProperty()
  public!: boolean;
}

export class SkippedOperationResponse {
  @ApiProperty({ example: 'GET /a?b' })
  operation!: string;

  @ApiProperty()
  why!: string;
}

export class ImportNoteResponse {
  @ApiProperty()
  operation!: string;

  @ApiProperty()
  note!: string;
}

export class ImportResponse {
  @ApiProperty()
  dryRun!: boolean;

  @ApiProperty({
    type: [ImportedRouteResponse],
    description: 'The routes of the service after the import',
  })
  routes!: ImportedRouteResponse[];

  @ApiProperty({ type: [String], description: 'The scopes that the document names' })
  scopes!: string[];

  @ApiProperty({ type: [String], description: 'Those of them that are new in the catalogue' })
  newScopes!: string[];

  @ApiProperty({ type: [String], description: 'Routes that come, as `METHOD path`' })
  addedRoutes!: string[];

  @ApiProperty({ type: [String], description: 'Routes that go' })
  removedRoutes!: string[];

  @ApiProperty({ type: [String], description: 'Routes whose scope sets change' })
  changedRoutes!: string[];

  @ApiProperty({ type: [SkippedOperationResponse] })
  skipped!: SkippedOperationResponse[];

  @ApiProperty({
    type: [ImportNoteResponse],
    description: 'What is imported otherwise than might be expected',
  })
  notes!: ImportNoteResponse[];
}
