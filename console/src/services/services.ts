import type { Schemas } from '@latchkey/sdk';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { answered, api } from '../api/client.js';
import { everyPage } from '../api/pages.js';

export type Service = Schemas['ServiceResponse'];
export type Route = Schemas['RouteResponse'];

export const servicesQuery = queryOptions({
  queryKey: ['services'],
  queryFn: () => everyPage((query) => answered(api.GET('/v1/services', { params: { query } }))),
});

export function serviceQuery(name: string) {
  return queryOptions({
    queryKey: ['service', name],
    queryFn: () => answered(api.GET('/v1/services/{name}', { params: { path: { name } } })),
  });
}

export function routesQuery(name: string) {
  return queryOptions({
    queryKey: ['routes', name],
    queryFn: async () => {
      const { routes } = await answered(
        api.GET('/v1/services/{name}/routes', { params: { path: { name } } }),
      );
      return routes;
    },
  });
}

export function useServicePut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, body }: { name: string; body: Schemas['PutServiceRequest'] }) =>
      answered(api.PUT('/v1/services/{name}', { params: { path: { name } }, body })),
    onSuccess: async (service) => {
      queries.setQueryData(serviceQuery(service.name).queryKey, service);
      await queries.invalidateQueries({ queryKey: servicesQuery.queryKey });
    },
  });
}
