import { ApiProperty } from '@nestjs/swagger';
import { roles, type Role } from '../../core/roles.js';
import {
  CodeField,
  EmailField,
  FlagField,
  NewPasswordField,
  PasswordField,
} from '../../platform/http/fields.js';
import { PersonResponse } from '../../platform/http/person.dto.js';

export class SignInRequest {
  @EmailField({ example: 'aoife@example.com' })
  email!: string;

  @PasswordField({ example: 'correct horse battery staple' })
  password!: string;

  @CodeField({
    required: false,
    description:
      'For who has a second factor: what their authenticator app shows, or a recovery code',
    example: '492039',
  })
  code?: string;
}

export class ChangePasswordRequest {
  @PasswordField()
  currentPassword!: string;

  @NewPasswordField()
  newPassword!: string;

  @CodeField({ required: false, description: 'For who has a second factor' })
  code?: string;
}

class MembershipAccountResponse {
  @ApiProperty({ example: 'acc_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ example: 'Rolling Donut Ltd' })
  name!: string;

  @ApiProperty({ enum: ['active', 'suspended'] })
  state!: 'active' | 'suspended';

  @ApiProperty({ description: 'Its admins are the operator, who acts on every account' })
  isOperator!: boolean;
}

export class MembershipResponse {
  @ApiProperty({ example: 'mem_3f9hX0aB1cD2eF3gH4iJ' })
  memberId!: string;

  @ApiProperty()
  account!: MembershipAccountResponse;

  @ApiProperty({ enum: roles })
  role!: Role;

  @ApiProperty({ type: [String], description: 'What the role may do' })
  scopes!: string[];

  @ApiProperty({
    description:
      'Whether notices come by e-mail that the role is told of: an admin of everything in the account, a developer of the keys that they made, an auditor of nothing',
  })
  getsNoticeEmails!: boolean;
}

export class UpdateMembershipRequest {
  @FlagField({ description: 'Whether notices of this account come by e-mail, from now on' })
  getsNoticeEmails!: boolean;
}

class CurrentSessionResponse {
  @ApiProperty({ example: 'ses_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  startedAt!: string;

  @ApiProperty({
    format: 'date-time',
    description: 'When it ends by itself, if it is not used any more',
  })
  expiresAt!: string;
}

export class WhoAmIResponse {
  @ApiProperty()
  person!: PersonResponse;

  @ApiProperty()
  session!: CurrentSessionResponse;

  @ApiProperty({ type: [MembershipResponse], description: 'The longest there first' })
  memberships!: MembershipResponse[];

  @ApiProperty({
    type: MembershipResponse,
    nullable: true,
    description:
      'As which of them a request acts that names no account in its path; the header Latchkey-Account names another',
  })
  current!: MembershipResponse | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The address that allowlists judge this request by',
  })
  callerIp!: string | null;

  @ApiProperty({
    example: 'https://api.example.com',
    description:
      'Where callers reach the access listener: the gateway, with each service below its mount',
  })
  accessUrl!: string;
}

export class SessionResponse {
  @ApiProperty({ example: 'ses_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty({ format: 'date-time' })
  startedAt!: string;

  @ApiProperty({ format: 'date-time', description: 'To the minute' })
  lastUsedAt!: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;

  @ApiProperty({ type: String, nullable: true, description: 'From where it was begun' })
  ip!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'With what it was begun' })
  userAgent!: string | null;

  @ApiProperty({ description: 'Whether it is the one that asks' })
  isCurrent!: boolean;
}

export class SessionsResponse {
  @ApiProperty({ type: [SessionResponse], description: 'Those that last, the latest first' })
  results!: SessionResponse[];
}

export class EndedSessionsResponse {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'How many were ended' })
  ended!: number;
}
