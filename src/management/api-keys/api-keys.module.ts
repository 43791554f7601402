import { Module } from '@nestjs/common';
import { ApiKeysController } from './api-keys.controller.js';
import { ApiKeysService } from './api-keys.service.js';
import { KeyUsageController } from './key-usage.controller.js';
import { KeyUsageService } from './key-usage.service.js';

@Module({
  controllers: [ApiKeysController, KeyUsageController],
  providers: [ApiKeysService, KeyUsageService],
})
export class ApiKeysModule {}
