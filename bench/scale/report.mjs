import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('./RESULTS.md', import.meta.url);

/** What was found goes to the terminal, and with what it was measured on into `RESULTS.md`, in place of what it says of the same. */
export function report(found, about) {
  const text = textOf(found, about);
  process.stdout.write(`\n${text}\n`);
  const [title, ...parts] = readFileSync(file, 'utf8').split('\n## ');
  const others = parts.filter((part) => nameOf(part) !== nameOf(text));
  writeFileSync(
    file,
    [title, ...[...others, text].map((part) => `${part.trimEnd()}\n`)].join('\n## '),
  );
}

/** The same thing is called the same, whatever it was measured with. */
const nameOf = (part) => part.slice(0, part.indexOf(':'));

function textOf({ title, rows = [], facts = {} }, { date, commit, node, processor, pinning }) {
  const table = rows.map(
    ({ name, requestsPerSecond, ratio }) =>
      `| ${name} | ${requestsPerSecond} | ${ratio.toFixed(3)} |`,
  );
  const lines = Object.entries(facts).map(([what, value]) => `- ${what}: ${value}`);
  return [
    ...[title, ''],
    ...(table.length === 0
      ? []
      : ['|   | requests/s | ratio |', '| --- | --- | --- |', ...table, '']),
    ...(lines.length === 0 ? [] : [...lines, '']),
    ...[`${date}, commit ${commit}, Node ${node}, ${processor}; ${pinning}.`, ''],
  ].join('\n');
}
