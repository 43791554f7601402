import { Inject, Injectable } from '@nestjs/common';
import type { Caller } from '../../access/guard/caller.js';
import { sealingKeySource } from '../../platform/config/key-files.js';
import { SETTINGS, type Settings } from '../../platform/config/settings.js';
import { newKey, writeKeyFile } from '../../platform/config/versioned-keys.js';
import { conflict } from '../../platform/errors/api-error.js';
import { AuditTrailStore } from '../../store/audit-trail.store.js';
import { Database } from '../../store/database.js';
import { SealedCredentials } from '../../store/sealed-credentials.js';
import { SealingStore } from '../../store/sealing.store.js';
import { WriteQueue } from '../../store/write-queue.js';
import type { SealingKeyResponse, SealingKeyRotationResponse } from './sealing-key.dto.js';

/** The key that seals upstream credentials: what it is sealed with, and how it is changed while calls go on. */
@Injectable()
export class SealingKeyService {
  readonly #source: ReturnType<typeof sealingKeySource>;
  readonly #rotations = new WriteQueue('one_at_a_time');

  constructor(
    private readonly database: Database,
    private readonly credentials: SealedCredentials,
    private readonly sealing: SealingStore,
    private readonly audit: AuditTrailStore,
    @Inject(SETTINGS) settings: Settings,
  ) {
    this.#source = sealingKeySource(settings);
  }

  async read(): Promise<SealingKeyResponse> {
    const sealed = await this.sealing.credentialsByVersion();
    const versions = this.credentials.keys.map(({ version }) => version);
    return {
      version: this.credentials.current.version,
      versions,
      keptIn: this.#isInFile ? 'file' : 'environment',
      sealed: versions.map((version) => ({ version, credentials: sealed.get(version) ?? 0 })),
    };
  }

  /** @throws ApiError 409 where the environment gives the key, and gives no other to change to */
  rotate(caller: Caller): Promise<SealingKeyRotationResponse> {
    return this.#rotations.run(() => this.#rotate(caller));
  }

  async #rotate(caller: Caller): Promise<SealingKeyRotationResponse> {
    if (this.#isInFile) await this.#addKey();
    else if (await this.sealing.isAllUnderCurrent())
      throw nothingToRotateTo(this.credentials.current);
    const { version } = this.credentials.current;
    const { resealed, retired } = await this.#reseal(caller);
    if (this.#isInFile) this.#dropKeys(retired);
    return { version, resealed, retired };
  }

  get #isInFile(): boolean {
    return this.#source.given === undefined;
  }

  /** The file has the new key, beside the old ones, before anything is sealed under it. */
  async #addKey(): Promise<void> {
    // An earlier rotation may have come no further than this.
    if (!(await this.sealing.currentWasUsed())) return;
    const { keys } = this.credentials;
    const all = [newKey(keys), ...keys];
    writeKeyFile(this.#source.path, all);
    this.credentials.use(all);
  }

  #reseal(caller: Caller): Promise<{ resealed: number; retired: number[] }> {
    const { accountId, actor, callerIp } = caller;
    const { version } = this.credentials.current;
    return this.database.change(async (change) => {
      const { resealed, retired } = await this.sealing.reseal(change);
      await this.audit.append(change, {
        ...{ accountId, actor, callerIp },
        action: 'sealing_key.rotated',
        target: { type: 'installation', id: 'sealing_key' },
        after: { version, resealed, retired },
      });
      return { resealed, retired };
    });
  }

  /** Only now that nothing is sealed under them. In memory they stay: a look-up under way has read what they open. */
  #dropKeys(retired: readonly number[]): void {
    const kept = this.credentials.keys.filter(({ version }) => !retired.includes(version));
    writeKeyFile(this.#source.path, kept);
  }
}

function nothingToRotateTo({ version }: { readonly version: number }): Error {
  const [old, next] = [`${version}:<the key there is>`, `${version + 1}:<new key>`];
  return conflict(
    `Everything is sealed under version ${version} of SEALING_KEY, which the environment sets. Set it to ${old},${next} and restart every node, then to ${next},${old} and restart them again, and ask once more.`,
    'SEALING_KEY_GIVEN',
    { version },
  );
}
