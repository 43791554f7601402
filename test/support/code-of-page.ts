import { expect } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What stands in a page in one language, one piece after the other, as somebody would copy it. */
export function codeOf(page: string, language: 'sh' | 'js'): string {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'));
  const code = [...blocks].map(([, block]) => block).join('\n');
  expect(code).not.toBe('');
  return code;
}

/** The pages ask for curl 7.76, for `--fail-with-body`. */
export function absentTool(): string | null {
  for (const [tool, flag] of [
    ['bash', '--version'],
    ['curl', '--fail-with-body'],
  ] as const) {
    const { error, status } = spawnSync(tool, [flag, '--version']);
    if (error !== undefined || status !== 0) return `no ${tool} that can do ${flag}`;
  }
  return null;
}
