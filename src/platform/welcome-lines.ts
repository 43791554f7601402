import { basename } from 'node:path';

/** What a person is told when Latchkey is up: where it is, and what it has made. Of keys, paths only. */
export interface Welcome {
  readonly accessUrl: string;
  readonly managementUrl: string;
  readonly madeFiles: readonly string[];
}

/** What each file that a start can make is for. */
const purposes: Readonly<Record<string, string>> = {
  'pepper.key': 'mixed into every digest of a secret; without it no key works',
  'sealing.key':
    'seals credentials and the audit key in the database; without it Latchkey does not start',
  'operator.key':
    'your management key: send it as "Authorization: Bearer <it>"; it may do everything there, and opens no API',
  'demo-keys.json': "secrets of the sample account's keys, for the commands below",
};

/** @param bold how a heading is set off, if at all */
export function welcomeLines(
  { accessUrl, managementUrl, madeFiles }: Welcome,
  bold: (text: string) => string,
): string[] {
  return [
    bold('Latchkey is running. Ctrl+C stops it.'),
    `  Access listener      ${accessUrl}  for those who call your APIs`,
    `  Management listener  ${managementUrl}  for you: services, accounts, keys, the log`,
    `  Its API, described   ${managementUrl}/docs`,
    ...(madeFiles.length === 0 ? [] : ['', ...madeLines(madeFiles, bold)]),
  ];
}

/** The last of what is told, so that it stands where somebody looks: it is told this once. @param link `null` if it was told before */
export function setUpLines(link: string | null, bold: (text: string) => string): string[] {
  if (link === null) return [];
  return [
    bold('Set up your sign-in with this link, which works once, within 24 hours:'),
    `  ${link}`,
  ];
}

function madeLines(paths: readonly string[], bold: (text: string) => string): string[] {
  const width = Math.max(...paths.map((path) => path.length));
  const lines = paths.map((path) =>
    `  ${path.padEnd(width)}  ${purposes[basename(path)] ?? ''}`.trimEnd(),
  );
  return [
    bold('New files, readable by you alone. Keep a copy of the .key files in a safe place:'),
    ...lines,
  ];
}
