import { Module } from '@nestjs/common';
import { SealingKeyController } from './sealing-key.controller.js';
import { SealingKeyService } from './sealing-key.service.js';

@Module({ controllers: [SealingKeyController], providers: [SealingKeyService] })
export class SealingKeyModule {}
