import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { describedApi } from '../../src/described-api.js';
import { schemaFaults, type Schema, type Schemas } from '../support/json-schema.js';
import { send, type Json } from '../support/latchkey.js';
import { startManagement, type Management } from '../support/management.js';

let latchkey: Management;
let document: Json;

beforeAll(async () => {
  latchkey = await startManagement();
  document = (await send(latchkey.managementUrl, 'GET', '/openapi.json')).json;
});

afterAll(() => latchkey.remove());

/** Every object schema in the document, with where it stands. */
function* objectsIn(schema: Json, at: string): Generator<[at: string, schema: Schema]> {
  if (schema?.type === 'object') yield [at, schema];
  const parts = { ...schema?.properties, items: schema?.items };
  for (const [name, part] of Object.entries(parts)) {
    if (part !== undefined) yield* objectsIn(part, `${at}.${name}`);
  }
}

const json = ['application/json'];
/** What answers with something else, by the last part of its path. */
const streamed: Readonly<Record<string, string[]>> = {
  export: ['application/x-ndjson', 'text/csv'],
  access: ['application/json', 'text/csv', 'text/html'],
  incident: ['application/json', 'text/csv', 'text/html'],
  stream: ['text/event-stream'],
};

describe('GET /openapi.json', () => {
  it('is what the code says', async () => {
    const { text } = await send(latchkey.managementUrl, 'GET', '/openapi.json');
    expect(JSON.parse(text)).toEqual(JSON.parse(await describedApi()));
  });

  it('says of every operation what it answers with, and that errors are the one envelope', () => {
    for (const { method, template, responses } of latchkey.description.operations) {
      const what = `${method} ${template}`;
      const statuses = Object.keys(responses).filter((status) => status !== 'default');
      expect([what, statuses.every((status) => /^20[0124]$/.test(status))]).toEqual([what, true]);
      for (const status of statuses) {
        const content = responses[status]?.content ?? {};
        const types = ['202', '204'].includes(status)
          ? []
          : (streamed[template.split('/').at(-1) as string] ?? json);
        expect([what, status, Object.keys(content)]).toEqual([what, status, types]);
        for (const type of types) expect(content[type]?.schema).toBeDefined();
      }
      const error = responses['default']?.content?.['application/json']?.schema.$ref;
      expect([what, error]).toEqual([what, '#/components/schemas/ErrorEnvelopeResponse']);
    }
  });

  it('holds nothing that the checker of these tests passes over', () => {
    const free: string[] = [];
    for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
      for (const [at, object] of objectsIn(schema, name)) {
        if (object.properties === undefined && object.allOf === undefined) free.push(at);
      }
      // Whatever it does not know, it says, whatever the value.
      const faults = schemaFaults({}, schema, document.components.schemas);
      expect(faults.filter((fault) => fault.includes('the checker'))).toEqual([]);
    }
    // These may hold anything; every other object is known to its last property.
    expect(free.sort()).toEqual([
      'AuditEventResponse.after',
      'AuditEventResponse.before',
      'ErrorDetailResponse.context',
      'ErrorEnvelopeResponse.engagement',
      'ExportManifestResponse.filter',
      'FindingActionResponse.body',
      'LoggedNoticeResponse.data',
      'NoticeResponse.data',
    ]);
  });

  it('shows a secret in no schema but where one is given out', () => {
    const withSecret = Object.entries<Json>(document.components.schemas)
      .filter(([, schema]) => schema.properties?.secret !== undefined)
      .map(([name]) => name);
    expect(withSecret.sort()).toEqual([
      ...['BegunSecondFactorResponse', 'IssuedApiKeyResponse', 'IssuedRotationResponse'],
      'IssuedWebhookResponse',
    ]);
    const withLink = Object.entries<Json>(document.components.schemas)
      .filter(([, schema]) => schema.properties?.link !== undefined)
      .map(([name]) => name);
    expect(withLink.sort()).toEqual(['IssuedInvitationResponse', 'RecoveryLinkResponse']);
  });
});

describe('the checker of these tests', () => {
  const schemas: Schemas = {
    Named: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
  };
  const named = { $ref: '#/components/schemas/Named' };
  const list: Schema = { type: 'array', items: { type: 'integer', minimum: 1 }, maxItems: 2 };

  it.each<[what: string, schema: Schema, value: unknown]>([
    ['a text', { type: 'string' }, ''],
    ['null where it may be', { type: 'string', nullable: true }, null],
    ['a choice', { type: 'string', enum: ['a', 'b'] }, 'b'],
    ['a time', { type: 'string', format: 'date-time' }, '2030-01-01T00:00:00.000Z'],
    ['an object', named, { name: 'x' }],
    ['an object by allOf', { allOf: [named], nullable: true }, null],
    ['a list', list, [1, 2]],
  ])('takes %s', (_what, schema, value) => {
    expect(schemaFaults(value, schema, schemas)).toEqual([]);
  });

  it.each<[what: string, schema: Schema, value: unknown, fault: string]>([
    ['a number for a text', { type: 'string' }, 1, '$: 1 is no text'],
    ['null', { type: 'string' }, null, '$: null is no text'],
    ['nothing', { type: 'string' }, undefined, '$: undefined is no text'],
    ['another choice', { type: 'string', enum: ['a'] }, 'b', '$: "b" is none of a'],
    [
      'a time without milliseconds',
      { type: 'string', format: 'date-time' },
      '2030-01-01T00:00:00Z',
      '$: "2030-01-01T00:00:00Z" is no time',
    ],
    ['a missing property', named, {}, '$.name: missing'],
    ['one too many', named, { name: 'x', id: 1 }, '$.id: there is no such property'],
    [
      'what objects inherit',
      named,
      { name: 'x', toString: 1 },
      '$.toString: there is no such property',
    ],
    ['a fault within', { type: 'array', items: named }, [{ name: 1 }], '$[0].name: 1 is no text'],
    ['a list too long', list, [1, 2, 3], '$: too many items'],
    ['a fraction', list, [1.5], '$[0]: 1.5 is no integer'],
    ['what is out of range', list, [0], '$[0]: 0 is out of range'],
    ['a list for an object', named, [], '$: [] is no object'],
    ['a reference to nowhere', { $ref: '#/x' }, 1, '$: #/x leads nowhere'],
    ['a schema that says nothing', {}, 1, '$: its schema says nothing'],
    ['an unknown keyword', { oneOf: [] } as Schema, 1, '$: the checker does not know oneOf'],
    [
      'an unknown format',
      { type: 'string', format: 'uuid' },
      'x',
      '$: the checker does not know the format uuid',
    ],
  ])('refuses %s', (_what, schema, value, fault) => {
    expect(schemaFaults(value, schema, schemas)).toEqual([fault]);
  });
});
