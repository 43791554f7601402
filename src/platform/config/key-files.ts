import { join } from 'node:path';
import type { Settings } from './settings.js';

/** A key that lies outside the database: its variable, and the file that holds it where the variable is not set. */
export interface KeySource {
  readonly variable: 'KEY_PEPPER' | 'SEALING_KEY';
  /** What the variable holds. */
  readonly given: string | undefined;
  readonly path: string;
}

export function pepperSource({
  keyPepper,
  dataFolder,
}: Pick<Settings, 'keyPepper' | 'dataFolder'>): KeySource {
  return { variable: 'KEY_PEPPER', given: keyPepper, path: join(dataFolder, 'pepper.key') };
}

export function sealingKeySource({
  sealingKey,
  dataFolder,
}: Pick<Settings, 'sealingKey' | 'dataFolder'>): KeySource {
  return { variable: 'SEALING_KEY', given: sealingKey, path: join(dataFolder, 'sealing.key') };
}
