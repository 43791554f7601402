import type { CredentialMethod } from '../../../core/credential.js';
import {
  AddressField,
  ChoiceField,
  ObjectsField,
  ScopesField,
  SentTextField,
} from '../../../platform/http/fields.js';

const methods: readonly CredentialMethod[] = ['bearer', 'hapikey', 'access_token'];
export const checksMax = 100;

/** A call that came to somebody else's server, told by that server. */
export class CheckRequest {
  @SentTextField({ description: 'The secret, as the caller sent it' })
  credential!: string;

  @ChoiceField({
    of: methods,
    required: false,
    fallback: 'bearer',
    description: 'How the caller sent it: an account may not allow hapikey',
  })
  sentAs?: CredentialMethod;

  @SentTextField({
    shape: /^[A-Z][A-Z-]{0,19}$/,
    told: 'a method such as GET',
    example: 'GET',
  })
  method!: string;

  @SentTextField({ required: false, description: 'For the log' })
  host?: string;

  @SentTextField({
    shape: /^\/[^?]*$/,
    told: 'a path that begins with / and has no query (no ?)',
    required: false,
    example: '/crm/contacts/7',
    description:
      'With the mount of its service, as at the gateway. Its route says which scopes are needed',
  })
  path?: string;

  @ScopesField({
    required: false,
    max: 100,
    description: 'Needed besides those of the route; without path, these alone are',
  })
  scopes?: string[];

  @AddressField({ description: 'Where the caller is: judged by the allowlists, and logged' })
  callerIp!: string;

  @SentTextField({ required: false, description: 'For the log' })
  userAgent?: string;
}

export class ChecksRequest {
  @ObjectsField({ type: () => CheckRequest, min: 1, max: checksMax })
  checks!: CheckRequest[];
}
