import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, getSchemaPath, type OpenAPIObject } from '@nestjs/swagger';
import { EmptyRequest } from '../http/empty-request.js';
import { ErrorEnvelopeResponse } from './error-envelope.dto.js';

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;
type RequestBodyObject = Extract<NonNullable<OperationObject['requestBody']>, { content: object }>;
type ResponseObject = Extract<
  NonNullable<OperationObject['responses']['default']>,
  { description: string }
>;

/** The management API as an OpenAPI document, from its controllers. */
export function openapiDocument(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('Latchkey management API')
    .setDescription(
      'Accounts and their policies, members, sessions of people, keys and their rotations, scopes, services, the request log, the audit trail, notices and webhooks. A key learns what it is, and rotates itself, on the access listener: `GET /latchkey/v1/self` and `POST /latchkey/v1/self/rotations`. There, too, a server of your own asks whether a call may pass: `POST /latchkey/v1/verify`.',
    )
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'query', name: 'hapikey' }, 'hapikey')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Access-Token' }, 'accessToken')
    .addCookieAuth('latchkey_session', { type: 'apiKey', in: 'cookie' }, 'session')
    .build();
  const document = SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (controller, method) =>
      `${controller.replace(/Controller$/, '')}_${method}`,
    extraModels: [ErrorEnvelopeResponse],
  });
  for (const operation of operationsOf(document)) {
    operation.responses['default'] = errorResponse;
    operation.description = needsOf(operation);
    if (takesEmptyBody(operation))
      operation.requestBody = { ...operation.requestBody, required: false } as RequestBodyObject;
  }
  return document;
}

/** Every error is the one envelope (contract §4). */
const errorResponse: ResponseObject = {
  description: 'Any error',
  content: { 'application/json': { schema: { $ref: getSchemaPath(ErrorEnvelopeResponse) } } },
};

/** What it takes to ask for it, which `RequireScopes` says, or `ForPeople`, or `ForAnyone`. */
function needsOf(operation: OperationObject): string {
  const { 'x-open-to': openTo } = operation as { 'x-open-to'?: 'anyone' | 'people' };
  if (openTo === 'anyone') return 'Anyone may ask, without a credential.';
  if (openTo === 'people') return 'Whoever is signed in may ask. A key may not.';
  const { 'x-required-scopes': scopes = [] } = operation as { 'x-required-scopes'?: string[] };
  return scopes.length === 0
    ? 'Any valid key may ask.'
    : `Needs ${scopes.map((scope) => `\`${scope}\``).join(' and ')}.`;
}

const methods = ['get', 'put', 'post', 'patch', 'delete'] as const;

function operationsOf(document: OpenAPIObject): OperationObject[] {
  return Object.values(document.paths).flatMap((item) =>
    methods.flatMap((method) => item[method] ?? []),
  );
}

/** An action takes no body, or `{}`. */
function takesEmptyBody({ requestBody }: OperationObject): boolean {
  const schema = (requestBody as RequestBodyObject | undefined)?.content['application/json']
    ?.schema;
  return schema !== undefined && '$ref' in schema && schema.$ref === getSchemaPath(EmptyRequest);
}
