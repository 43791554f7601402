import { ApiProperty } from '@nestjs/swagger';
import { TextField, TimeField } from '../../platform/http/fields.js';
import { PageQuery, Paging } from '../../platform/http/pages.js';

export class JunkCountsQuery extends PageQuery {
  @TimeField({ required: false, description: 'Minutes that begin at or after this time' })
  from?: string;

  @TimeField({ required: false, description: 'Minutes that begin before this time' })
  to?: string;

  @TextField({ max: 64, required: false, example: '203.0.113.0/24' })
  block?: string;

  @TextField({ max: 64, required: false, example: 'KEY_UNKNOWN' })
  reason?: string;
}

export class JunkCountResponse {
  @ApiProperty({ format: 'date-time', description: 'When the minute begins' })
  minute!: string;

  @ApiProperty({
    example: '203.0.113.0/24',
    description:
      'The block of addresses they came from: a /24, for IPv6 a /64; * for all blocks beyond the first thousand of a minute',
  })
  block!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'KEY_UNKNOWN',
    description: 'Why they were turned away; null where a public route let them through',
  })
  reason!: string | null;

  @ApiProperty({ type: 'integer', minimum: 1 })
  calls!: number;
}

export class JunkCountsPage {
  @ApiProperty({ type: [JunkCountResponse] })
  results!: JunkCountResponse[];

  @ApiProperty()
  paging!: Paging;
}
