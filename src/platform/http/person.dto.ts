import { ApiProperty } from '@nestjs/swagger';

export class PersonResponse {
  @ApiProperty({ example: 'per_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ example: 'Aoife Byrne' })
  name!: string;

  @ApiProperty({ example: 'aoife@example.com' })
  email!: string;
}
