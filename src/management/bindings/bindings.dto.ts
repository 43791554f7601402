import { ApiProperty } from '@nestjs/swagger';
import { environments, type Environment } from '../../core/secret-format.js';
import { ChoiceField, ObjectField, TextField } from '../../platform/http/fields.js';
import {
  UpstreamCredentialField,
  UpstreamCredentialResponse,
} from '../../platform/http/upstream.dto.js';

export class PutBindingRequest {
  @ChoiceField({
    of: environments,
    required: false,
    nullable: true,
    description: 'For keys of this environment; null is every one',
  })
  environment?: Environment | null;

  @TextField({
    max: 2000,
    required: false,
    nullable: true,
    description: "In place of the service's own",
  })
  upstream?: string | null;

  @ObjectField({
    type: () => UpstreamCredentialField,
    required: false,
    nullable: true,
    description:
      "In place of the service's own. Left out, the one that is there stays; null takes it away",
  })
  credential?: UpstreamCredentialField | null;
}

export class BindingQuery {
  @ChoiceField({
    of: environments,
    required: false,
    description: 'The binding for this environment; without it, the one for all',
  })
  environment?: Environment;
}

export class BindingResponse {
  @ApiProperty({ example: 'bnd_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  accountId!: string;

  @ApiProperty({ description: "The service's name" })
  service!: string;

  @ApiProperty({ enum: environments, nullable: true })
  environment!: Environment | null;

  @ApiProperty({ example: '"17"', description: 'For If-Match when it is changed or deleted' })
  etag!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    required: false,
    description: "Shown to the operator's keys only",
  })
  upstream?: string | null;

  @ApiProperty({
    type: UpstreamCredentialResponse,
    nullable: true,
    required: false,
    description: "Shown to the operator's keys only",
  })
  credential?: UpstreamCredentialResponse | null;
}

export class BindingsResponse {
  @ApiProperty({ type: [BindingResponse] })
  results!: BindingResponse[];
}
