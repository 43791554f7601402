import { ApiProperty } from '@nestjs/swagger';
import { denialKinds } from '../../core/decision.js';
import { otherReasons } from '../errors/envelope.js';

class ErrorDetailResponse {
  @ApiProperty()
  message!: string;

  @ApiProperty()
  code!: string;

  @ApiProperty({
    description: 'Where it lies: body, query, path, headers, credentials, scopes, ip, …',
  })
  in!: string;

  @ApiProperty({ type: Object, required: false })
  context?: object;
}

class ErrorLinksResponse {
  @ApiProperty({ example: '/latchkey/errors/SCOPE_MISSING' })
  documentation!: string;
}

/** `ErrorEnvelope`, for the OpenAPI document. */
export class ErrorEnvelopeResponse {
  @ApiProperty({ enum: ['error'] })
  status!: 'error';

  @ApiProperty({
    enum: [
      ...new Set(
        [...Object.values(denialKinds), ...Object.values(otherReasons)].map(
          (kind) => kind.category,
        ),
      ),
    ],
  })
  category!: string;

  @ApiProperty({ enum: [...Object.keys(denialKinds), ...Object.keys(otherReasons)] })
  reason!: string;

  @ApiProperty()
  message!: string;

  @ApiProperty({ description: "The call's id" })
  correlationId!: string;

  @ApiProperty({ type: [ErrorDetailResponse] })
  errors!: ErrorDetailResponse[];

  @ApiProperty()
  links!: ErrorLinksResponse;

  @ApiProperty({
    type: Object,
    required: false,
    description: 'With missing or malformed credentials: what was received of each method',
  })
  engagement?: object;

  @ApiProperty({
    required: false,
    example: 'TEN_SECONDLY_ROLLING',
    description: 'With RATE_LIMITED: which limit had no room; errors[0].context says more of it',
  })
  policyName?: string;
}
