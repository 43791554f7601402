import { expect, it } from '@jest/globals';
import { describeWithSharedData, readSharedData } from './support/shared-data.js';
import { parseDocument } from '../src/management/services/openapi-import/parse-document.js';
import {
  type DocumentRoutes,
  routesOfDocument,
} from '../src/management/services/openapi-import/routes-of-document.js';

function importFile(file: string, scopePrefix = ''): DocumentRoutes {
  const reading = parseDocument(readSharedData(file));
  if (!reading.ok) throw new Error(reading.why);
  const result = routesOfDocument(reading.document, { scopePrefix, unsecured: 'any_key' });
  if (!result.ok) throw new Error(result.why);
  return result;
}

describeWithSharedData('digitalocean.openapi.json, 659 operations', () => {
  const file = 'digitalocean.openapi.json';

  it('becomes 658 routes; the one that is no path of the API is skipped', () => {
    const { routes, skipped, notes } = importFile(file);
    expect(routes).toHaveLength(658);
    expect(skipped).toEqual([
      {
        operation: 'PUT /<upload_url>',
        why: 'no URL holds a bare "<" (RFC 3986); a parameter is written {name}',
      },
    ]);
    expect(notes).toEqual([]);
    expect(routes.some((route) => route.public)).toBe(false);
  });

  it('names 142 scopes', () => {
    const { scopes } = importFile(file, 'do.');
    expect(scopes).toHaveLength(142);
    expect(scopes.every((scope) => scope.name.startsWith('do.'))).toBe(true);
    expect(scopes).toContainEqual({ name: 'do.droplet:create', description: '' });
  });

  it('has 27 operations that need several scopes at once, 2 with alternatives, 17 without scopes', () => {
    const { routes } = importFile(file);
    expect(routes.filter(({ scopeSets }) => scopeSets.some((set) => set.length > 1))).toHaveLength(
      27,
    );
    expect(routes.filter(({ scopeSets }) => scopeSets.length === 0)).toHaveLength(17);
    expect(routes.filter(({ scopeSets }) => scopeSets.length > 1)).toEqual([
      {
        method: 'POST',
        path: '/v2/domains/{domain_name}/records',
        scopeSets: [['domain:create'], ['domain:update']],
        public: false,
      },
      {
        method: 'DELETE',
        path: '/v2/domains/{domain_name}/records/{domain_record_id}',
        scopeSets: [['domain:delete'], ['domain:update']],
        public: false,
      },
    ]);
  });
});

describeWithSharedData('petstore.openapi.yaml', () => {
  it('becomes these routes and scopes', () => {
    const { routes, scopes, skipped, notes } = importFile('petstore.openapi.yaml');
    const both = 'write:pets+read:pets';
    expect(
      routes.map(({ method, path, scopeSets }) => [
        method,
        path,
        scopeSets.map((set) => set.join('+')).join('|'),
      ]),
    ).toEqual([
      ['PUT', '/pet', both],
      ['POST', '/pet', both],
      ['GET', '/pet/findByStatus', both],
      ['GET', '/pet/findByTags', both],
      ['GET', '/pet/{petId}', both], // or an API key, says the document: see the note
      ['POST', '/pet/{petId}', both],
      ['DELETE', '/pet/{petId}', both],
      ['POST', '/pet/{petId}/uploadImage', both],
      ['GET', '/store/inventory', ''], // an API key
      ['POST', '/store/order', ''],
      ['GET', '/store/order/{orderId}', ''],
      ['DELETE', '/store/order/{orderId}', ''],
      ['POST', '/user', ''],
      ['POST', '/user/createWithList', ''],
      ['GET', '/user/login', ''],
      ['GET', '/user/logout', ''],
      ['GET', '/user/{username}', ''],
      ['PUT', '/user/{username}', ''],
      ['DELETE', '/user/{username}', ''],
    ]);
    expect(scopes).toEqual([
      { name: 'write:pets', description: 'modify pets in your account' },
      { name: 'read:pets', description: 'read your pets' },
    ]);
    expect(skipped).toEqual([]);
    expect(notes).toEqual([
      {
        operation: 'GET /pet/{petId}',
        note: expect.stringMatching(/here the scopes are required/),
      },
    ]);
  });

  it('opens to anybody, if asked, what has no security, and not what takes an API key', () => {
    const reading = parseDocument(readSharedData('petstore.openapi.yaml'));
    const result = reading.ok ? routesOfDocument(reading.document, { unsecured: 'public' }) : null;
    const publicOnes = result?.ok ? result.routes.filter((route) => route.public) : [];
    expect(publicOnes).toHaveLength(10);
    expect(publicOnes.map((route) => route.path)).not.toContain('/store/inventory');
  });
});
