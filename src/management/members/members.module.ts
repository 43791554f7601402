import { Module } from '@nestjs/common';
import { InvitationMails } from './invitation-mails.js';
import { InvitationsController } from './invitations.controller.js';
import { InvitationsService } from './invitations.service.js';
import { MemberBehind } from './member-behind.js';
import { MemberSecondFactorController } from './member-second-factor.controller.js';
import { MemberSecondFactorService } from './member-second-factor.service.js';
import { MembersController } from './members.controller.js';
import { MembersService } from './members.service.js';

@Module({
  controllers: [MembersController, MemberSecondFactorController, InvitationsController],
  providers: [
    MembersService,
    MemberSecondFactorService,
    InvitationsService,
    InvitationMails,
    MemberBehind,
  ],
})
export class MembersModule {}
