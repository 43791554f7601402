import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

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
  return SwaggerModule.createDocument(app, settings, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
}
