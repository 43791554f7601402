import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTurns } from './register-delivery.js';
import type { RegisterText } from './register-reader.js';

const admitted = { stillAdmitted: () => Promise.resolve(true) };

async function* text(): RegisterText {
  yield 'head';
  for (let i = 0; i < 4; i += 1) {
    await sleep(30);
    yield '';
  }
  yield 'end';
}

async function piecesOf(pieces: AsyncGenerator<string, void>): Promise<string[]> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

describe('what is handed out of a register', () => {
  it('says something while it counts, and nothing where it is quick', async () => {
    const draft = { text, idle: '\n' };
    expect(await piecesOf(inTurns(admitted, draft, 'reg_1'))).toEqual(['head', 'end']);
    const slow = await piecesOf(inTurns(admitted, draft, 'reg_1', 20));
    expect(slow).toEqual(['head', '\n', '\n', '\n', '\n', 'end']);
  });

  it('gives others a turn between its pieces', async () => {
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    // As a database does that answers within the call.
    const atOnce = async function* (): RegisterText {
      for (let i = 0; i < 50; i += 1) yield '';
    };
    await piecesOf(inTurns(admitted, { text: atOnce, idle: '' }, 'reg_1'));
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(50);
  });

  it('ends with its key, in the midst of counting', async () => {
    let asked = 0;
    const stillAdmitted = () => Promise.resolve((asked += 1) < 3);
    const pieces = piecesOf(inTurns({ stillAdmitted }, { text, idle: '' }, 'reg_1'));
    await expect(pieces).rejects.toThrow('The key of this register has ended.');
  });
});
