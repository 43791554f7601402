import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const file = new URL('./results.json', import.meta.url);

/** What was found goes to the terminal; all that was found so far, each with what it was measured on, into `RESULTS.md`. */
export function report(name, found, about) {
  process.stdout.write(`\n${textOf(found, about)}\n`);
  const all = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  all[name] = { ...found, about };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  const parts = Object.values(all).map((each) => `## ${textOf(each, each.about)}`);
  writeFileSync(
    new URL('./RESULTS.md', import.meta.url),
    `# Where there is much of everything\n\n${parts.join('\n')}`,
  );
}

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
