import { ApiProperty } from '@nestjs/swagger';
import { TextField } from '../../platform/http/fields.js';

export class CheckIpRequest {
  @TextField({ max: 64, example: '203.0.113.7', description: 'An IPv4 or IPv6 address' })
  ip!: string;
}

export class CheckIpResponse {
  @ApiProperty({
    description: 'Whether a call from this address is let through, as far as this list goes',
  })
  allowed!: boolean;

  @ApiProperty({ type: String, nullable: true, description: 'The entry that holds the address' })
  matched!: string | null;
}
