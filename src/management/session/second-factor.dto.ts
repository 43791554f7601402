import { ApiProperty } from '@nestjs/swagger';
import { recoveryCodesAtOnce } from '../../core/recovery-code.js';
import { CodeField, PasswordField } from '../../platform/http/fields.js';

export class ProofRequest {
  @PasswordField()
  password!: string;

  @CodeField({ description: 'Of the authenticator app, or a recovery code' })
  code!: string;
}

export class ConfirmSecondFactorRequest {
  @PasswordField()
  password!: string;

  @CodeField({ description: 'What the authenticator app shows now', example: '492039' })
  code!: string;
}

export class SecondFactorResponse {
  @ApiProperty({ description: 'Whether signing in asks for a code' })
  isOn!: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Since when' })
  turnedOnAt!: string | null;

  @ApiProperty({ type: 'integer', minimum: 0, description: 'How many are still good' })
  recoveryCodesLeft!: number;
}

export class BegunSecondFactorResponse {
  @ApiProperty({
    description: 'For an authenticator app, in base32, shown this once',
    example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP',
  })
  secret!: string;

  @ApiProperty({
    description: 'The same as an app reads it from a QR code',
    example: 'otpauth://totp/Latchkey:aoife%40example.com?…',
  })
  uri!: string;

  @ApiProperty({ format: 'date-time', description: 'Until when it can be confirmed' })
  expiresAt!: string;
}

export class RecoveryCodesResponse {
  @ApiProperty({
    type: [String],
    description: `${recoveryCodesAtOnce} codes, shown this once. Each stands in once for the authenticator app`,
    example: ['4f7k-9xw2-m3qr-t8vz'],
  })
  recoveryCodes!: string[];
}
