import { Module } from '@nestjs/common';
import { HygieneController } from './hygiene.controller.js';
import { HygieneService } from './hygiene.service.js';

@Module({ controllers: [HygieneController], providers: [HygieneService] })
export class HygieneModule {}
