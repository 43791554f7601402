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
    .setDescription('Accounts, keys, rotations, scopes, services and the request log.')
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addApiKey({ type: 'apiKey', in: 'query', name: 'hapikey' }, 'hapikey')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-Access-Token' }, 'accessToken')
    .build();
  const document = SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (controller, method) =>
      `${controller.replace(/Controller$/, '')}_${method}`,
    extraModels: [ErrorEnvelopeResponse],
  });
  for (const operation of operationsOf(document)) {
    operation.responses['default'] = errorResponse;
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
