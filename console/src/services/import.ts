import type { Schemas } from '@latchkey/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { scopesQuery } from '../api-keys/keys.js';
import { routesQuery } from './services.js';

export type ImportReport = Schemas['ImportResponse'];

/** A document, and how it is to be read. */
export interface ImportAsked {
  readonly text: string;
  /** Stands before the name of every scope of the document. */
  readonly scopePrefix: string;
  /** What an operation without `security` is open to. */
  readonly unsecured: 'any_key' | 'public';
}

/** What an import would do, to the routes that had this tag. */
export interface ImportPreview {
  readonly asked: ImportAsked;
  readonly report: ImportReport;
  readonly tag: string;
}

/** Shows what an import would do, and does nothing. */
export function useImportPreview(name: string) {
  return useMutation({
    mutationFn: async (asked: ImportAsked): Promise<ImportPreview> => {
      const tag = await tagOfRoutes(name);
      return { asked, tag, report: await putDocument(name, asked, tag, true) };
    },
  });
}

/** Does what was shown: if somebody changed the routes since, nothing. */
export function useImport(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ asked, tag }: ImportPreview) => putDocument(name, asked, tag, false),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: routesQuery(name).queryKey }),
        queries.invalidateQueries({ queryKey: scopesQuery.queryKey }),
      ]);
    },
  });
}

async function tagOfRoutes(name: string): Promise<string> {
  const asking = api.GET('/v1/services/{name}/routes', { params: { path: { name } } });
  await answered(asking);
  return (await asking).response.headers.get('ETag') ?? '*';
}

/** The document goes as it is, byte for byte: what it says is the server's to read. */
function putDocument(
  name: string,
  { text, scopePrefix, unsecured }: ImportAsked,
  tag: string,
  isDry: boolean,
): Promise<ImportReport> {
  const isJson = text.trimStart().startsWith('{');
  return answered(
    api.PUT('/v1/services/{name}/openapi', {
      params: {
        path: { name },
        query: {
          ...(scopePrefix !== '' && { scopePrefix }),
          ...{ unsecured, dryRun: isDry ? 'true' : 'false' },
        },
      },
      headers: {
        'Content-Type': isJson ? 'application/json' : 'application/yaml',
        'If-Match': tag,
      },
      body: text as never,
      bodySerializer: (body: unknown) => body as string,
    }),
  );
}
