import { Module } from '@nestjs/common';
import { AccountsService } from '../management/accounts/accounts.service.js';
import { ApiKeysService } from '../management/api-keys/api-keys.service.js';
import { RotationsService } from '../management/rotations/rotations.service.js';
import { OpenapiImportService } from '../management/services/openapi-import.service.js';
import { ServicesService } from '../management/services/services.service.js';
import { RotationsStore } from '../store/rotations.store.js';
import { SecretsStore } from '../store/secrets.store.js';
import { DemoKeyFile } from './demo-key-file.js';
import { DemoKeysMaker } from './demo-keys.js';
import { DemoService } from './demo.service.js';
import { RememberingSecretsStore } from './remembering-secrets.store.js';

/** The services of the management API, in instances of its own, because here each new secret is remembered. */
@Module({
  providers: [
    ...[DemoService, DemoKeysMaker, DemoKeyFile],
    ...[AccountsService, ApiKeysService, RotationsService, ServicesService, OpenapiImportService],
    ...[RotationsStore, { provide: SecretsStore, useClass: RememberingSecretsStore }],
  ],
  exports: [DemoService],
})
export class DemoModule {}
