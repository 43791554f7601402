import { ApiProperty } from '@nestjs/swagger';
import { ChoiceField, TextField } from '../../platform/http/fields.js';
import { exportFormats, type ExportFormat } from './export-formats.js';
import { CallFilterQuery } from './request-log.dto.js';

const formats = Object.keys(exportFormats) as ExportFormat[];

export class ExportQuery extends CallFilterQuery {
  @ChoiceField({ of: formats, required: false, fallback: 'ndjson' })
  format: ExportFormat = 'ndjson';

  @TextField({
    max: 512,
    required: false,
    description:
      'Go on after this row of an export that broke off: its id, or the `next` of a manifest',
  })
  after?: string;
}

const text = { type: String, nullable: true } as const;

/** Numbers are `null` while it runs. */
export class ExportManifestResponse {
  @ApiProperty({ example: 'exp_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ ...text, description: 'Whose calls; null: of all accounts' })
  accountId!: string | null;

  @ApiProperty({ enum: formats })
  format!: ExportFormat;

  @ApiProperty({
    type: Object,
    description: 'The parameters it was asked with, `after` among them',
  })
  filter!: object;

  @ApiProperty({
    enum: ['running', 'complete', 'interrupted'],
    description:
      'complete: every matching row was handed over. interrupted: the reader left, its key ended, or the server stopped. running: no end is on record, which is also what a server that was killed leaves behind',
  })
  state!: 'running' | 'complete' | 'interrupted';

  @ApiProperty({ format: 'date-time' })
  startedAt!: string;

  @ApiProperty({ ...text, format: 'date-time' })
  endedAt!: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  rows!: number | null;

  @ApiProperty({ type: 'integer', nullable: true, description: 'Before compression' })
  bytes!: number | null;

  @ApiProperty({ ...text, description: 'Of the same bytes, in hexadecimal' })
  sha256!: string | null;

  @ApiProperty({ ...text, description: 'Of the first row, which is the newest' })
  firstId!: string | null;

  @ApiProperty({ ...text, description: 'Of the last row, which is the oldest' })
  lastId!: string | null;

  @ApiProperty({ ...text, description: 'Give this as `after` to go on after the last row' })
  next!: string | null;
}
