import { Module } from '@nestjs/common';
import { RequestLogController } from './request-log.controller.js';
import { RequestLogService } from './request-log.service.js';

@Module({ controllers: [RequestLogController], providers: [RequestLogService] })
export class RequestLogModule {}
