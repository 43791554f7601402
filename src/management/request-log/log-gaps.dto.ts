import { ApiProperty } from '@nestjs/swagger';
import { TimeField } from '../../platform/http/fields.js';

export class LogGapsQuery {
  @TimeField({
    required: false,
    description:
      'Calls that arrived at or after this time; otherwise all of which none can have been removed',
  })
  from?: string;

  @TimeField({ required: false, description: 'Calls that arrived before this time' })
  to?: string;
}

const time = { type: String, format: 'date-time', nullable: true } as const;

export class CallGapResponse {
  @ApiProperty()
  nodeId!: string;

  @ApiProperty({ type: 'integer', description: 'The first of the numbers without a row' })
  firstSeq!: number;

  @ApiProperty({ type: 'integer' })
  lastSeq!: number;

  @ApiProperty({ ...time, description: 'When the call with the number before it came' })
  after!: string | null;

  @ApiProperty({ ...time, description: 'When the call with the number behind it came' })
  before!: string | null;
}

export class UnclearEndResponse {
  @ApiProperty()
  nodeId!: string;

  @ApiProperty({ format: 'date-time' })
  startedAt!: string;

  @ApiProperty({ ...time, description: 'Of its last call that is on the log' })
  lastCallAt!: string | null;

  @ApiProperty({
    description: 'true: another node, which is not connected and perhaps has not ended',
  })
  mayStillRun!: boolean;
}

export class LogGapsResponse {
  @ApiProperty({
    ...time,
    description:
      'When the log begins, or what is older may have been removed. null: nothing was looked through',
  })
  checkedFrom!: string | null;

  @ApiProperty({ format: 'date-time' })
  checkedTo!: string;

  @ApiProperty({ type: 'integer', description: 'Rows that were looked at' })
  rows!: number;

  @ApiProperty({ type: 'integer', description: 'Calls without a row, in the gaps that are told' })
  missingCalls!: number;

  @ApiProperty({ type: [CallGapResponse], description: 'At most 500' })
  gaps!: CallGapResponse[];

  @ApiProperty({ description: 'true: there are more gaps. Ask for a shorter time' })
  hasMore!: boolean;

  @ApiProperty({
    type: [UnclearEndResponse],
    description:
      'Runs of a buffered log that ended without a word, as by kill -9: what they had not written yet is lost, and nobody knows how much it was',
  })
  unclearEnds!: UnclearEndResponse[];
}
