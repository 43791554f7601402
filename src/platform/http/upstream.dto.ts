import { ApiProperty } from '@nestjs/swagger';
import type { UpstreamCredential } from '../../core/ports.js';
import { invalidField } from '../errors/api-error.js';
import { ChoiceField, TextField } from './fields.js';

/** What an upstream is shown in the caller's place. The value is sealed, and never shown again. */
export class UpstreamCredentialField {
  @ChoiceField({ of: ['header', 'query'] })
  in!: 'header' | 'query';

  @TextField({
    max: 128,
    example: 'Authorization',
    description: 'The name of the header or of the query parameter',
  })
  name!: string;

  // The upstream may be another Latchkey.
  @TextField({
    max: 4096,
    mayHoldSecret: true,
    example: 'Bearer pat-na1-…',
    description: 'The whole value',
  })
  value!: string;
}

export class UpstreamCredentialResponse {
  @ApiProperty({ enum: ['header', 'query'] })
  in!: 'header' | 'query';

  @ApiProperty()
  name!: string;
}

// Headers by which a message is framed or which the gateway answers for.
const reserved = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
  'expect',
  'via',
]);

/** @throws ApiError if it cannot be sent as it is */
export function upstreamCredentialOf(field: UpstreamCredentialField): UpstreamCredential {
  const { in: place, name, value } = field;
  const folded = name.toLowerCase().replaceAll('_', '-');
  if (place === 'header') {
    if (
      !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) ||
      reserved.has(folded) ||
      folded.startsWith('x-latchkey-')
    ) {
      throw invalidField(
        'credential.name',
        'credential.name must be the name of a header that the gateway may set.',
      );
    }
    if (!/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
      throw invalidField(
        'credential.value',
        'credential.value must be visible ASCII to go into a header.',
      );
    }
  }
  return { in: place, name, value };
}

/** The one spelling of an upstream's URL. @throws ApiError if calls cannot be forwarded to it */
export function upstreamUrlOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw invalidField('upstream', 'upstream must be an http:// or https:// URL.');
  }
  if (url.username !== '' || url.password !== '') {
    throw invalidField('upstream', 'upstream must hold no user name and password.');
  }
  if (url.search !== '' || url.hash !== '') {
    throw invalidField('upstream', 'upstream must hold neither a query nor a fragment.');
  }
  return url.origin + url.pathname.replace(/\/$/, '');
}

/**
 * A credential belongs to one upstream: where that changes, what becomes of it has to be said, or it would be shown to
 * somebody else.
 *
 * @param credential `undefined` if the request says nothing of it
 * @throws ApiError
 */
export function checkCredentialMoves(
  before: { readonly upstream: string | null; readonly hasCredential: boolean } | null,
  upstream: string | null,
  credential: unknown,
): void {
  if (
    before === null ||
    !before.hasCredential ||
    credential !== undefined ||
    before.upstream === upstream
  )
    return;
  throw invalidField(
    'credential',
    'credential must be given anew, or null, when the upstream changes: it was made for the other one.',
  );
}
