import { ApiProperty } from '@nestjs/swagger';
import {
  BytesField,
  CodeField,
  PasswordField,
  TextField,
  TextsField,
} from '../../platform/http/fields.js';

/** 16 to 1023 bytes (WebAuthn Level 3 §4). */
function CredentialIdField(): PropertyDecorator {
  const description = 'Of the credential, as the browser gave it';
  return BytesField({ min: 22, max: 1364, description });
}

function ClientDataField(): PropertyDecorator {
  return BytesField({ max: 4096, description: 'response.clientDataJSON, in base64url' });
}

export class PasskeyWayResponse {
  @ApiProperty({
    type: String,
    nullable: true,
    example: 'https://keys.example.com',
    description: 'Of the pages on which passkeys work; null: there are none here',
  })
  origin!: string | null;

  @ApiProperty({ type: String, nullable: true, example: 'keys.example.com' })
  rpId!: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'For navigator.credentials.get, in base64url. It is good for one sign-in',
  })
  challenge!: string | null;

  @ApiProperty({ type: 'integer', description: 'For how long, in milliseconds', example: 300_000 })
  timeoutMs!: number;
}

export class SignInWithPasskeyRequest {
  @CredentialIdField()
  id!: string;

  @ClientDataField()
  clientDataJSON!: string;

  @BytesField({ max: 2048, description: 'response.authenticatorData, in base64url' })
  authenticatorData!: string;

  @BytesField({ max: 2048, description: 'response.signature, in base64url' })
  signature!: string;

  @BytesField({ max: 86, required: false, description: 'response.userHandle, in base64url' })
  userHandle?: string;
}

export class BeginPasskeyRequest {
  @PasswordField()
  password!: string;

  @CodeField({ required: false, description: 'For who has a second factor' })
  code?: string;
}

class RelyingPartyResponse {
  @ApiProperty({ example: 'keys.example.com' })
  id!: string;

  @ApiProperty({ example: 'Latchkey' })
  name!: string;
}

class PasskeyUserResponse {
  @ApiProperty({ description: 'The user handle, in base64url' })
  id!: string;

  @ApiProperty({ example: 'aoife@example.com' })
  name!: string;

  @ApiProperty({ example: 'Aoife Byrne' })
  displayName!: string;
}

class PasskeyAlgorithmResponse {
  @ApiProperty({ enum: ['public-key'] })
  type!: 'public-key';

  @ApiProperty({ type: 'integer', description: 'Of COSE', example: -7 })
  alg!: number;
}

class PasskeyDescriptorResponse {
  @ApiProperty({ description: 'Of the credential, in base64url' })
  id!: string;

  @ApiProperty({ enum: ['public-key'] })
  type!: 'public-key';

  @ApiProperty({ type: [String] })
  transports!: string[];
}

class AuthenticatorSelectionResponse {
  @ApiProperty({ enum: ['required'] })
  residentKey!: 'required';

  @ApiProperty({ description: 'What residentKey was called before' })
  requireResidentKey!: boolean;

  @ApiProperty({ enum: ['required'] })
  userVerification!: 'required';
}

/** WebAuthn's `PublicKeyCredentialCreationOptionsJSON`. */
export class BegunPasskeyResponse {
  @ApiProperty({ description: 'In base64url. It is good for one passkey, added by this session' })
  challenge!: string;

  @ApiProperty()
  rp!: RelyingPartyResponse;

  @ApiProperty()
  user!: PasskeyUserResponse;

  @ApiProperty({ type: [PasskeyAlgorithmResponse] })
  pubKeyCredParams!: PasskeyAlgorithmResponse[];

  @ApiProperty({ type: [PasskeyDescriptorResponse], description: 'Those that there are already' })
  excludeCredentials!: PasskeyDescriptorResponse[];

  @ApiProperty()
  authenticatorSelection!: AuthenticatorSelectionResponse;

  @ApiProperty({ enum: ['none'] })
  attestation!: 'none';

  @ApiProperty({ type: 'integer', description: 'Milliseconds', example: 300_000 })
  timeout!: number;
}

export class AddPasskeyRequest {
  @TextField({ max: 100, description: 'By which you know it', example: 'Phone' })
  name!: string;

  @CredentialIdField()
  id!: string;

  @ClientDataField()
  clientDataJSON!: string;

  @BytesField({ max: 8192, description: 'response.attestationObject, in base64url' })
  attestationObject!: string;

  @TextsField({
    ...{ max: 10, lengthMax: 32, required: false },
    description: 'response.getTransports(): how a browser reaches it',
    example: ['internal', 'hybrid'],
  })
  transports?: string[];
}

export class PasskeyResponse {
  @ApiProperty({ example: 'pky_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ example: 'Phone' })
  name!: string;

  @ApiProperty({ description: 'Whether a copy of it lies elsewhere, as with a password manager' })
  isSynced!: boolean;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When it signed you in',
  })
  lastUsedAt!: string | null;
}

export class PasskeysResponse {
  @ApiProperty({ type: [PasskeyResponse], description: 'The oldest first' })
  results!: PasskeyResponse[];

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'https://keys.example.com',
    description: 'Of the pages on which they work; null: there are none here',
  })
  origin!: string | null;
}
