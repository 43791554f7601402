import { ApiProperty } from '@nestjs/swagger';
import { roles, type Role } from '../../core/roles.js';
import { ChoiceField, EmailField, FlagField } from '../../platform/http/fields.js';
import { Paging } from '../../platform/http/pages.js';
import type { LinkMailState } from '../../store/entities/link-mail.entity.js';
import { PersonResponse } from '../../platform/http/person.dto.js';

const roleDescription =
  'admin: everything in the account; developer: the keys that they make; auditor: reads everything, changes nothing. An admin of the operator’s account is the operator';

function ByHandField(): PropertyDecorator {
  const description = 'Has the link answered and not mailed, also where e-mails are sent';
  return FlagField({ required: false, fallback: false, description });
}

export class MemberResponse {
  @ApiProperty({ example: 'mem_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  accountId!: string;

  @ApiProperty()
  person!: PersonResponse;

  @ApiProperty({ enum: roles, description: roleDescription })
  role!: Role;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When they were last signed in, to the minute, as far back as sessions are kept',
  })
  lastSeenAt!: string | null;

  @ApiProperty({ description: 'Whether signing in asks them for a code of an authenticator app' })
  hasSecondFactor!: boolean;

  @ApiProperty({ description: 'Whether they have a passkey, which signs them in by itself' })
  hasPasskeys!: boolean;
}

export class MembersPage {
  @ApiProperty({ type: [MemberResponse] })
  results!: MemberResponse[];

  @ApiProperty()
  paging!: Paging;
}

export class UpdateMemberRequest {
  @ChoiceField({ of: roles, description: roleDescription })
  role!: Role;
}

export class EndedMemberSessionsResponse {
  @ApiProperty({ type: 'integer', minimum: 0, description: 'How many were ended' })
  ended!: number;
}

export class InviteRequest {
  @EmailField({ example: 'aoife@example.com', description: 'Whom the invitation is for' })
  email!: string;

  @ChoiceField({ of: roles, description: roleDescription })
  role!: Role;

  @ByHandField()
  byHand?: boolean;
}

export class ResendInvitationRequest {
  @ByHandField()
  byHand?: boolean;
}

class InviterResponse {
  @ApiProperty({ enum: ['key', 'member', 'installation'] })
  kind!: 'key' | 'member' | 'installation';

  @ApiProperty({ type: String, nullable: true })
  id!: string | null;

  @ApiProperty()
  name!: string;
}

export class InvitationMailResponse {
  @ApiProperty({
    enum: ['pending', 'delivered', 'given_up'],
    description:
      'pending: to be sent, or to be sent again; delivered: a mail server took it; given_up: the last attempt failed',
  })
  state!: LinkMailState;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  deliveredAt!: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'What went wrong last' })
  error!: string | null;
}

export class InvitationResponse {
  @ApiProperty({ example: 'lnk_3f9hX0aB1cD2eF3gH4iJ' })
  id!: string;

  @ApiProperty()
  accountId!: string;

  @ApiProperty({ example: 'aoife@example.com' })
  email!: string;

  @ApiProperty({ enum: roles })
  role!: Role;

  @ApiProperty()
  invitedBy!: InviterResponse;

  @ApiProperty({ format: 'date-time' })
  createdAt!: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;

  @ApiProperty({
    type: InvitationMailResponse,
    nullable: true,
    description: 'How the link gets there by e-mail; null: whoever made it hands it over',
  })
  mail!: InvitationMailResponse | null;
}

export class IssuedInvitationResponse extends InvitationResponse {
  @ApiProperty({
    required: false,
    description:
      'Where it is not mailed. Shown this once, and not in a replay: hand it to whom it is for. It opens the account to whoever has it',
    example: 'https://keys.example.com/join#lkl_…',
  })
  link?: string;
}

export class InvitationsPage {
  @ApiProperty({ type: [InvitationResponse] })
  results!: InvitationResponse[];

  @ApiProperty()
  paging!: Paging;
}

export class RecoveryLinkResponse {
  @ApiProperty({
    description: 'Shown this once: hand it to whom it is for. It sets their password',
    example: 'https://keys.example.com/recover#lkl_…',
  })
  link!: string;

  @ApiProperty({ format: 'date-time' })
  expiresAt!: string;
}
