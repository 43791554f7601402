import type { Schemas } from '@latchkey/sdk';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { asSeen, type AsSeen } from '../api/change-as-seen.js';
import { answered, api, taggedAnswer } from '../api/client.js';
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

/** What an import would do, to the routes as they were seen. */
export interface ImportPreview {
  readonly asked: ImportAsked;
  readonly report: ImportReport;
  readonly headers: AsSeen;
}

/** Shows what an import would do, and does nothing. */
export function useImportPreview(name: string) {
  return useMutation({
    mutationFn: async (asked: ImportAsked): Promise<ImportPreview> => {
      const params = { path: { name } };
      const headers = asSeen(await taggedAnswer(api.GET('/v1/services/{name}/routes', { params })));
      return { asked, headers, report: await putDocument(name, asked, headers, true) };
    },
  });
}

/** Does what was shown: if somebody changed the routes since, nothing. */
export function useImport(name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ asked, headers }: ImportPreview) => putDocument(name, asked, headers, false),
    onSuccess: async () => {
      await Promise.all([
        queries.invalidateQueries({ queryKey: routesQuery(name).queryKey }),
        queries.invalidateQueries({ queryKey: scopesQuery.queryKey }),
      ]);
    },
  });
}

/** The document goes as it is, byte for byte: what it says is the server's to read. */
function putDocument(
  name: string,
  { text, scopePrefix, unsecured }: ImportAsked,
  headers: AsSeen,
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
        ...headers,
      },
      body: text as never,
      bodySerializer: (body: unknown) => body as string,
    }),
  );
}
