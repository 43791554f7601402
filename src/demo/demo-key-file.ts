import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../platform/config/settings.js';
import { writeSecretFile } from '../platform/config/versioned-keys.js';

type SecretsByKey = Readonly<Record<string, readonly string[]>>;

const about =
  "Secrets of the demo's keys, so that the next start can print commands that work. They open the sample CRM and the demo's own account, nothing else.";

/** `demo-keys.json` in the data folder, mode 600: the one place where secrets are kept, and those of the demo only. */
@Injectable()
export class DemoKeyFile {
  readonly path: string;

  constructor(@Inject(SETTINGS) settings: Settings) {
    this.path = join(settings.dataFolder, 'demo-keys.json');
  }

  get exists(): boolean {
    return existsSync(this.path);
  }

  /** What is known of a key's secrets, oldest first. Some of them may have ended, or never have begun. */
  secretsOf(keyId: string): readonly string[] {
    return this.#read()[keyId] ?? [];
  }

  /** Returns when the secret is on disk. */
  add(keyId: string, secret: string): void {
    this.keep(keyId, [...this.secretsOf(keyId), secret]);
  }

  /** Forgets all of a key's secrets but these. */
  keep(keyId: string, secrets: readonly string[]): void {
    const known = this.#read();
    if (JSON.stringify(known[keyId]) === JSON.stringify(secrets)) return;
    writeSecretFile(
      this.path,
      JSON.stringify({ about, secrets: { ...known, [keyId]: secrets } }, null, 2),
    );
  }

  /** A file that somebody damaged is as good as none: the demo then makes new keys. */
  #read(): SecretsByKey {
    if (!this.exists) return {};
    try {
      const { secrets } = JSON.parse(readFileSync(this.path, 'utf8')) as { secrets?: unknown };
      return isSecretsByKey(secrets) ? secrets : {};
    } catch {
      return {};
    }
  }
}

function isSecretsByKey(value: unknown): value is SecretsByKey {
  if (typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(
    (list) => Array.isArray(list) && list.every((secret) => typeof secret === 'string'),
  );
}
