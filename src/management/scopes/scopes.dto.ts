import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { applyDecorators } from '@nestjs/common';
import { ArrayMaxSize, ArrayUnique, IsArray, IsOptional, Length, IsString } from 'class-validator';
import { FlagField, TextField } from '../../platform/http/fields.js';
import { Paging } from '../../platform/http/pages.js';

const categoriesMax = 50;
const categoryLengthMax = 100;

function DataCategoriesField(): PropertyDecorator {
  const schema = {
    type: String,
    isArray: true,
    required: false,
    maxItems: categoriesMax,
  } as ApiPropertyOptions;
  return applyDecorators(
    ApiProperty({
      ...schema,
      description: 'Kinds of personal data it opens, for the register of access',
      example: ['contact details'],
    }),
    IsOptional(),
    Length(1, categoryLengthMax, {
      each: true,
      message: `$property must hold texts of 1 to ${categoryLengthMax} characters.`,
    }),
    IsString({ each: true, message: '$property must hold texts.' }),
    ArrayUnique({ message: '$property must name each category once.' }),
    ArrayMaxSize(categoriesMax, {
      message: `$property must hold at most ${categoriesMax} categories.`,
    }),
    IsArray({ message: '$property must be a list.' }),
  );
}

export class PutScopeRequest {
  @TextField({ min: 0, max: 1000, required: false })
  description?: string;

  @FlagField({
    required: false,
    description: 'Marks a scope that wants a second look before it is handed out',
  })
  sensitive?: boolean;

  @DataCategoriesField()
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
