import { ApiProperty } from '@nestjs/swagger';

export class ValueCountResponse {
  @ApiProperty({ type: String, nullable: true, description: 'null: the calls had none' })
  value!: string | null;

  @ApiProperty({ type: 'integer' })
  calls!: number;

  @ApiProperty({ type: 'integer' })
  deniedCalls!: number;
}

export class KeyCountResponse extends ValueCountResponse {
  @ApiProperty({ type: String, nullable: true, description: 'As it was called at its last call' })
  name!: string | null;
}

export class RankingResponse {
  @ApiProperty({ type: [ValueCountResponse], description: 'The most frequent first, at most 50' })
  results!: ValueCountResponse[];

  @ApiProperty({ type: 'integer', description: 'Calls with any other value' })
  otherCalls!: number;
}

export class KeyRankingResponse {
  @ApiProperty({ type: [KeyCountResponse], description: 'The most frequent first, at most 50' })
  results!: KeyCountResponse[];

  @ApiProperty({ type: 'integer', description: 'Calls with any other key' })
  otherCalls!: number;
}

export class TimeCountResponse {
  @ApiProperty({ format: 'date-time' })
  from!: string;

  @ApiProperty({ type: 'integer' })
  calls!: number;

  @ApiProperty({ type: 'integer' })
  deniedCalls!: number;
}

export class CallCountsResponse {
  @ApiProperty({ type: 'integer' })
  calls!: number;

  @ApiProperty({ type: 'integer' })
  deniedCalls!: number;

  @ApiProperty({
    description:
      'true: there were too many calls to look at each. A part of each interval, its newest, was counted and stands for the rest',
  })
  estimated!: boolean;

  @ApiProperty({ type: 'integer', description: 'Seconds from one of the times to the next' })
  intervalSeconds!: number;

  @ApiProperty({
    type: [TimeCountResponse],
    description: 'Intervals with calls, the earliest first',
  })
  times!: TimeCountResponse[];

  @ApiProperty()
  statuses!: RankingResponse;

  @ApiProperty()
  reasons!: RankingResponse;

  @ApiProperty()
  keys!: KeyRankingResponse;

  @ApiProperty()
  ips!: RankingResponse;

  @ApiProperty()
  routes!: RankingResponse;
}
