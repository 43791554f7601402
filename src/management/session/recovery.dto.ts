import { ApiProperty } from '@nestjs/swagger';
import { EmailField } from '../../platform/http/fields.js';

export class RecoveryWayResponse {
  @ApiProperty({
    description:
      'Whether a link for a new password can be asked for by e-mail. Else an admin of the account hands one over',
  })
  isMailed!: boolean;
}

export class AskRecoveryRequest {
  @EmailField({
    example: 'aoife@example.com',
    description: 'With which they sign in. Nothing says whether there is anybody with it',
  })
  email!: string;
}
