import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { sweepAnswer } from './swept-answers.js';

/** What `curl -i` printed, taken apart. */
export interface PastedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The commands in a printed text, each with the status that the line before it promises. */
export function commandsIn(text: string): { promised: number; command: string }[] {
  const lines = text.split('\n');
  return lines.flatMap((command, i) => {
    if (!command.startsWith('curl ')) return [];
    const promised = /→ (\d{3})/.exec(lines[i - 1] ?? '')?.[1];
    return [{ promised: Number(promised), command }];
  });
}

/** Runs a command in bash exactly as it was printed. What comes back is looked through for secrets. */
export async function paste(command: string): Promise<PastedAnswer> {
  const { stdout } = await promisify(execFile)('bash', ['-c', command], { timeout: 10_000 });
  const end = stdout.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = stdout.slice(0, end).split('\r\n');
  const answer = {
    status: Number(statusLine.split(' ')[1]),
    headers: new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    ),
    body: stdout.slice(end + 4),
  };
  sweepAnswer(command, { ...answer, text: answer.body });
  return answer;
}
