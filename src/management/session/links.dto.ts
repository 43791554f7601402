import { ApiProperty } from '@nestjs/swagger';
import type { LinkPurpose } from '../../core/one-time-link.js';
import { roles, type Role } from '../../core/roles.js';
import {
  CodeField,
  EmailField,
  LinkTokenField,
  NewPasswordField,
  TextField,
} from '../../platform/http/fields.js';

export class ReadLinkRequest {
  @LinkTokenField()
  token!: string;
}

export class JoinRequest {
  @LinkTokenField()
  token!: string;
}

export class UseLinkRequest {
  @LinkTokenField()
  token!: string;

  @EmailField({ required: false, description: 'With a set-up link, which went to nobody yet' })
  email?: string;

  @TextField({
    max: 200,
    required: false,
    description: 'For who is new here; not with a recovery link',
    example: 'Aoife Byrne',
  })
  name?: string;

  @NewPasswordField()
  password!: string;

  @CodeField({
    required: false,
    description:
      'With a recovery link, for who has a second factor: the link does not stand in for it',
  })
  code?: string;
}

class LinkAccountResponse {
  @ApiProperty({ example: 'acc_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ example: 'Rolling Donut Ltd' })
  name!: string;
}

export class LinkResponse {
  @ApiProperty({ enum: ['set_up', 'invitation', 'recovery'] })
  purpose!: LinkPurpose;

  @ApiProperty({ type: LinkAccountResponse, nullable: true, description: 'Which it lets in to' })
  account!: LinkAccountResponse | null;

  @ApiProperty({ enum: roles, nullable: true })
  role!: Role | null;

  @ApiProperty({ type: String, nullable: true, description: 'Whom it is for' })
  email!: string | null;

  @ApiProperty({
    description: 'Whether they have a password here already: then they sign in, and join',
  })
  isKnown!: boolean;

  @ApiProperty({ description: 'Whether it is of use only with a code of an authenticator app' })
  asksForCode!: boolean;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;
}
