import { Module } from '@nestjs/common';
import { NoticeEmailsService } from './notice-emails.service.js';
import { NoticesController } from './notices.controller.js';
import { NoticesService } from './notices.service.js';

@Module({
  controllers: [NoticesController],
  providers: [NoticesService, NoticeEmailsService],
})
export class NoticesModule {}
