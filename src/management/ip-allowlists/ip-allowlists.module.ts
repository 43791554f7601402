import { Module } from '@nestjs/common';
import { IpAllowlistsController } from './ip-allowlists.controller.js';
import { IpAllowlistsService } from './ip-allowlists.service.js';

@Module({ controllers: [IpAllowlistsController], providers: [IpAllowlistsService] })
export class IpAllowlistsModule {}
