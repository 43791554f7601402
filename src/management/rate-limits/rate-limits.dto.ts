import { ApiProperty } from '@nestjs/swagger';
import { LimitStandingResponse } from '../../platform/http/rate-limits.dto.js';

export class LimitsResponse {
  @ApiProperty({
    example: 'Europe/Dublin',
    description: 'By whose calendar the days are: that of the account',
  })
  timeZone!: string;

  @ApiProperty({
    type: [LimitStandingResponse],
    description: 'Every limit there is, a key’s own first; empty without any',
  })
  limits!: LimitStandingResponse[];
}
