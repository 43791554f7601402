import { writeSync } from 'node:fs';
import { secretsIn } from './met-secrets.js';

interface Output {
  readonly name: string;
  readonly text: () => string;
}

const outputs: Output[] = [];

/** What a process prints, to be looked through for secrets whenever a folder is removed. */
export function watchOutput(name: string, text: () => string): void {
  outputs.push({ name, text });
}

/** The log's lines of every Latchkey that runs within the tests; they go to standard error as ever. */
export const logLines = {
  written: '',
  write(line: string): void {
    this.written += line;
    writeSync(2, line);
  },
};

watchOutput('the log', () => logLines.written);

export function secretsInOutputs(): string[] {
  return outputs.flatMap(({ name, text }) =>
    secretsIn(name, withoutSetUpLink(withoutDemoSecrets(text()))),
  );
}

/** The first start prints it on standard output, for the operator, once. */
function withoutSetUpLink(text: string): string {
  return text.replace(/^( {2}https?:\/\/\S+\/set-up#)lkl_[0-9A-Za-z]{38}$/m, '$1***');
}

/** The demo's commands can be pasted because they hold secrets of its own. Nothing else may be in them. */
function withoutDemoSecrets(text: string): string {
  return text.replace(/^curl -i .*$/gm, (command) =>
    command.replace(/\b[a-z][a-z0-9]*_dev_[0-9A-Za-z]{38}\b/g, '***'),
  );
}
