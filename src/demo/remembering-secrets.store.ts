import { Inject, Injectable } from '@nestjs/common';
import type { Environment } from '../core/secret-format.js';
import type { Change } from '../store/database.js';
import { SecretsStore, type IssuedSecret } from '../store/secrets.store.js';
import { KEY_PREFIXES, PEPPERS } from '../store/tokens.js';
import type { Pepper } from '../core/secret-digest.js';
import { DemoKeyFile } from './demo-key-file.js';

/**
 * In the demo's module it stands in for the store's own, so that the secret of a demo key is in the demo's file before the
 * change that makes it is committed: a crash between the two leaves no key whose secret nobody knows.
 */
@Injectable()
export class RememberingSecretsStore extends SecretsStore {
  constructor(
    @Inject(PEPPERS) peppers: readonly Pepper[],
    @Inject(KEY_PREFIXES) prefixes: readonly string[],
    private readonly file: DemoKeyFile,
  ) {
    super(peppers, prefixes);
  }

  override async issue(
    change: Change,
    keyId: string,
    environment: Environment,
  ): Promise<IssuedSecret> {
    const issued = await super.issue(change, keyId, environment);
    this.file.add(keyId, issued.text);
    return issued;
  }
}
