import { readFileSync } from 'node:fs';
import type { ChainPlace } from '../core/audit-chain.js';
import { StartError } from '../core/start-error.js';

/** By account. */
export type KeptHeads = ReadonlyMap<string, ChainPlace>;

const takes =
  'it takes heads as the API gives them (…/audit-events/head, /v1/audit-heads), or a file of them, one answer a line';

/**
 * Reads heads that were kept elsewhere: as JSON, or from a file. Of several heads of one account the furthest counts.
 *
 * @throws StartError
 */
export function readKeptHeads(given: string): KeptHeads {
  const isText = /^\s*[[{]/.test(given);
  const text = isText ? given : contentOf(given);
  const heads = new Map<string, ChainPlace>();
  for (const answer of answersIn(text)) {
    for (const head of headsIn(answer)) {
      const known = heads.get(head.accountId);
      if (known === undefined || known.seq < head.seq) heads.set(head.accountId, head);
    }
  }
  if (heads.size === 0) throw new StartError(`--head holds no head: ${takes}.`);
  return heads;
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    throw new StartError(`--head cannot be read (${code}): ${takes}.`, { cause: error });
  }
}

/** One JSON text, or one in each line. */
function answersIn(text: string): unknown[] {
  try {
    return [JSON.parse(text)];
  } catch {
    // Several answers, then.
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  try {
    return lines.map((line): unknown => JSON.parse(line));
  } catch (error) {
    throw new StartError(`--head is no JSON: ${takes}.`, { cause: error });
  }
}

function headsIn(answer: unknown): (ChainPlace & { accountId: string })[] {
  if (Array.isArray(answer)) return answer.flatMap(headsIn);
  const { results, accountId, seq, digest } = (answer ?? {}) as Record<string, unknown>;
  if (Array.isArray(results)) return results.flatMap(headsIn);
  const isHead =
    typeof accountId === 'string' && Number.isSafeInteger(seq) && typeof digest === 'string';
  if (!isHead) throw new StartError(`--head holds something that is no head: ${takes}.`);
  return [{ accountId, seq: seq as number, digest }];
}
