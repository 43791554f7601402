import { Global, Module, type DynamicModule } from '@nestjs/common';
import { SETTINGS, type Settings } from './config/settings.js';
import { Health } from './health/health.js';

/** What every room needs of the process: its settings and its health. */
@Global()
@Module({})
export class PlatformModule {
  static forRoot(settings: Settings): DynamicModule {
    const providers = [{ provide: SETTINGS, useValue: settings }, Health];
    return { module: PlatformModule, providers, exports: providers };
  }
}
