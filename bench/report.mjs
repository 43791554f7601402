import { writeFileSync } from 'node:fs';

/** The table goes to the terminal, and with what it was measured on into `RESULTS.md`; all of it, for programs, into `results.json`. */
export function report(results, about) {
  process.stdout.write(textOf(results, about));
  writeFileSync(new URL('./RESULTS.md', import.meta.url), markdownOf(results, about));
  writeFileSync(
    new URL('./results.json', import.meta.url),
    `${JSON.stringify({ about, results }, null, 2)}\n`,
  );
}

function measuredWith({ generator, connections, rounds, seconds, pinning, node, commit }) {
  return `${generator}, ${connections} connections, ${rounds} rounds of ${seconds} s, medians; ${pinning}; Node ${node}, commit ${commit}`;
}

function textOf(results, about) {
  const lines = [measuredWith(about)];
  for (const { title, rows } of results) {
    lines.push('', title, lineOf(['requests/s', 'cpu µs', 'ratio', '']));
    for (const { name, requestsPerSecond, cpuMicrosPerRequest, ratio } of rows)
      lines.push(lineOf([requestsPerSecond, cpuMicrosPerRequest, ratio.toFixed(3), name]));
  }
  return `${lines.join('\n')}\n`;
}

function lineOf([requests, cpu, ratio, name]) {
  const columns = [String(requests).padStart(10), String(cpu).padStart(7), ratio.padStart(6), name];
  return `  ${columns.join('  ')}`.trimEnd();
}

function markdownOf(results, about) {
  const tables = results.flatMap(({ title, rows }) => [
    `## ${title}`,
    '',
    '|   | requests/s | processor µs a request | ratio |',
    '| --- | --- | --- | --- |',
    ...rows.map(
      ({ name, requestsPerSecond, cpuMicrosPerRequest, ratio }) =>
        `| ${name} | ${requestsPerSecond} | ${cpuMicrosPerRequest} | ${ratio.toFixed(3)} |`,
    ),
    '',
  ]);
  const { date, processor } = about;
  const head = ['# What Latchkey costs', '', `${measuredWith(about)}. ${processor}, ${date}.`, ''];
  return [...head, ...tables].join('\n');
}
