import { Module } from '@nestjs/common';
import { OpenapiImportService } from './openapi-import.service.js';
import { ServicesController } from './services.controller.js';
import { ServicesService } from './services.service.js';

@Module({ controllers: [ServicesController], providers: [ServicesService, OpenapiImportService] })
export class ServicesModule {}
