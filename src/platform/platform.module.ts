import { Global, Module, type DynamicModule } from '@nestjs/common';
import { SETTINGS, type Settings } from './config/settings.js';
import { Health } from './health/health.js';
import { AccessAddress } from './http/access-address.js';
import { ConsoleAddress } from './http/console-address.js';
import { Passwords } from './passwords/passwords.js';

/** What every room needs of the process: its settings, its health, where people reach it, and its passwords. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot(settings: Settings): DynamicModule {
    const providers = [
      { provide: SETTINGS, useValue: settings },
      Health,
      ConsoleAddress,
      AccessAddress,
      Passwords,
    ];
    return { module: PlatformModule, providers, exports: providers };
  }
}
