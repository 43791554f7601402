import { readRequestTarget } from '../../core/request-path.js';
import { invalidField, invalidPathPart } from '../../platform/errors/api-error.js';
import { upstreamCredentialOf, upstreamUrlOf } from '../../platform/http/upstream.dto.js';
import type { ServiceSettings } from '../../store/services.store.js';
import { timeoutMsDefault, type PutServiceRequest } from './services.dto.js';

/** The settings that a request asks for, in their one spelling. @throws ApiError naming the field that cannot be used */
export function serviceSettingsOf(request: PutServiceRequest): ServiceSettings {
  return {
    upstream: upstreamUrlOf(request.upstream),
    mount: mountOf(request.mount),
    open: request.open ?? true,
    stripMount: request.stripMount ?? true,
    timeoutMs: request.timeoutMs ?? timeoutMsDefault,
    identityHeaders: request.identityHeaders ?? null,
    ...(request.credential !== undefined && {
      credential: request.credential && upstreamCredentialOf(request.credential),
    }),
  };
}

/** A service's name is part of the management API's paths. */
export function checkServiceName(name: string): void {
  if (/^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/.test(name)) return;
  throw invalidPathPart(
    'name',
    "a service's name is 1 to 64 lower-case letters, digits, dots, dashes and underscores.",
  );
}

function mountOf(text: string): string {
  const mount = text.length > 1 && text.endsWith('/') ? text.slice(0, -1) : text;
  const { path, rawQuery } = readRequestTarget(mount);
  const isPlain = /^\/[A-Za-z0-9\-._~/]*$/.test(mount);
  if (!isPlain || !path.valid || rawQuery !== null) {
    throw invalidField(
      'mount',
      'mount must be a path of letters, digits and - . _ ~ that begins with a slash, such as /crm.',
    );
  }
  if (path.segments[0] === 'latchkey') throw invalidField('mount', "/latchkey is Latchkey's own.");
  return mount;
}
