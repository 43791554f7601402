import { Module } from '@nestjs/common';
import { LogExportController } from './log-export.controller.js';
import { LogExportService } from './log-export.service.js';
import { LogGapsService } from './log-gaps.service.js';
import { LogStreamController } from './log-stream.controller.js';
import { LogStreamService } from './log-stream.service.js';
import { RequestLogController } from './request-log.controller.js';
import { RequestLogService } from './request-log.service.js';

@Module({
  controllers: [RequestLogController, LogExportController, LogStreamController],
  providers: [RequestLogService, LogGapsService, LogExportService, LogStreamService],
})
export class RequestLogModule {}
