import { Module } from '@nestjs/common';
import { BindingsController } from './bindings.controller.js';
import { BindingsService } from './bindings.service.js';

@Module({ controllers: [BindingsController], providers: [BindingsService] })
export class BindingsModule {}
