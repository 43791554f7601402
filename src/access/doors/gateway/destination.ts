import type { HeldCredential } from '../../../core/ports.js';
import type { PublishedService } from '../../../store/service-catalog.js';

/**
 * The service as this caller's account uses it: with the upstream and the credential of its binding, where that has its own.
 *
 * A binding with an upstream of its own never gets the service's credential: that was made for the other one.
 */
export function destinationOf(
  service: PublishedService,
  caller: HeldCredential | null,
): PublishedService {
  const binding = caller?.key.bindings.get(service.id);
  if (binding === undefined || (binding.upstream === null && binding.credential === null))
    return service;
  const inherited = binding.upstream === null ? service.credential : null;
  return {
    ...service,
    upstream: binding.upstream ?? service.upstream,
    credential: binding.credential ?? inherited,
  };
}
