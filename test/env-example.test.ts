import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readSettings } from '../src/platform/config/settings.js';

const example = readFileSync(new URL('../.env.example', import.meta.url), 'utf8');
const defaults = example.replace(/^#(?=[A-Z_]+=)/gm, '');

describe('.env.example', () => {
  it('changes nothing when it is copied as it is', () => {
    expect(parseEnv(example)).toEqual({});
  });

  it('shows the defaults', () => {
    expect(readSettings(parseEnv(defaults))).toEqual(readSettings({}));
  });

  it('names every variable that is read', () => {
    const read = new Set<string>();
    const environment = new Proxy<Record<string, string>>(
      {},
      { get: (_target, name) => void read.add(String(name)) },
    );
    readSettings(environment);
    read.delete('NODE_ENV'); // not ours: a convention that the text speaks of
    expect(Object.keys(parseEnv(defaults)).toSorted()).toEqual([...read].toSorted());
  });
});
