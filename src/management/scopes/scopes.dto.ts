import { ApiProperty } from '@nestjs/swagger';
import { FlagField, TextField, TextsField } from '../../platform/http/fields.js';
import { Paging } from '../../platform/http/pages.js';

export class PutScopeRequest {
  @TextField({ min: 0, max: 1000, required: false })
  description?: string;

  @FlagField({
    required: false,
    description: 'Marks a scope that wants a second look before it is handed out',
  })
  sensitive?: boolean;

  @TextsField({
    max: 50,
    lengthMax: 100,
    required: false,
    description: 'Kinds of personal data it opens, for the register of access',
    example: ['contact details'],
  })
  dataCategories?: string[];
}

export class ScopeResponse {
  @ApiProperty({ example: 'contacts.read' })
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty()
  sensitive!: boolean;

  @ApiProperty({ type: [String] })
  dataCategories!: string[];
}

export class ScopesPage {
  @ApiProperty({ type: [ScopeResponse] })
  results!: ScopeResponse[];

  @ApiProperty()
  paging!: Paging;
}
