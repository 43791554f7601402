import { Module } from '@nestjs/common';
import { AccessRegisterService } from './access-register.service.js';
import { IncidentReportService } from './incident-report.service.js';
import { RegisterDelivery } from './register-delivery.js';
import { RegistersController } from './registers.controller.js';

@Module({
  controllers: [RegistersController],
  providers: [RegisterDelivery, AccessRegisterService, IncidentReportService],
})
export class RegistersModule {}
