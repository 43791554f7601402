import type { ServiceEntity } from '../../store/entities/service.entity.js';
import type { ServicesStore, Viewer } from '../../store/services.store.js';

const servicesPerPage = 500;

/** What services are called, by their id: those that the viewer may know of. */
export async function serviceNamesFor(
  store: ServicesStore,
  viewer: Viewer,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  let page: readonly ServiceEntity[];
  let last: ServiceEntity | null = null;
  do {
    page = await store.list(servicesPerPage, last, viewer);
    for (const { id, name } of page) names.set(id, name);
    last = page.at(-1) ?? null;
  } while (page.length === servicesPerPage);
  return names;
}
