import { Module } from '@nestjs/common';
import { InvitationMails } from './invitation-mails.js';
import { InvitationsController } from './invitations.controller.js';
import { InvitationsService } from './invitations.service.js';
import { MembersController } from './members.controller.js';
import { MembersService } from './members.service.js';

@Module({
  controllers: [MembersController, InvitationsController],
  providers: [MembersService, InvitationsService, InvitationMails],
})
export class MembersModule {}
