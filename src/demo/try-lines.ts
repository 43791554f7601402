import type { Demo } from './demo.service.js';

/** Where the two listeners answer. */
export interface ListenerUrls {
  readonly accessUrl: string;
  readonly managementUrl: string;
}

/** One thing to try: what will be seen, and the command to paste, or the page to open. */
interface Attempt {
  readonly promise: string;
  readonly command: string;
}

/**
 * What a person can paste into a shell to see what Latchkey does: each command is one line, complete, and needs no editing.
 *
 * @param bold how a heading is set off, if at all
 */
export function tryLines(urls: ListenerUrls, demo: Demo, bold: (text: string) => string): string[] {
  const { account, mount, keyFile } = demo;
  return [
    bold('Try it'),
    `A small sample CRM runs inside this process. It knows nothing of keys; Latchkey stands before it, at ${mount}.`,
    `The account "${account.name}" has a few keys for it (their secrets: ${keyFile.path}).`,
    'Each command below is one line: paste it into another terminal and look at the first line of the answer.',
    ...attempts(urls, demo).flatMap(({ promise, command }, i) => [
      '',
      bold(`${i + 1}. ${promise}`),
      command,
    ]),
    '',
    'LATCHKEY_DEMO=off starts without the sample.',
  ];
}

function attempts(urls: ListenerUrls, { account, mount, keys }: Demo): Attempt[] {
  const crm = `${pasteable(urls.accessUrl)}${mount === '/' ? '' : mount}`;
  const management = pasteable(urls.managementUrl);
  const own = `${management}/v1/accounts/${account.id}`;
  const { nightlySync } = keys;
  const message = { contactId: '101', subject: 'Your menu boards are on their way' };
  return [
    {
      promise: 'A key opens what its scopes open: 200, and the contacts.',
      command: curl(`${crm}/contacts`, keys.reporting),
    },
    {
      promise: 'No key: 401, and where a key was looked for.',
      command: curl(`${crm}/contacts`),
    },
    {
      promise: 'The read-only key sends an e-mail: 403, and the scope that it lacks.',
      command: curl(`${crm}/single-send`, keys.reporting, message),
    },
    {
      promise: 'A key that has this scope: 202, the e-mail is queued (it goes nowhere).',
      command: curl(`${crm}/single-send`, keys.backOffice, message),
    },
    {
      promise: 'A key for 198.51.100.0/24 only, used from your machine: 403, and your address.',
      command: curl(`${crm}/contacts`, keys.partner),
    },
    {
      promise: `A key in the midst of a rotation. Its old secret still works, until ${minute(nightlySync.graceEndsAt)}: 200, with Latchkey-Secret-Retires.`,
      command: curl(`${crm}/orders`, nightlySync.retiring),
    },
    {
      promise: 'The new secret of that key works as well: 200.',
      command: curl(`${crm}/orders`, nightlySync.current),
    },
    {
      promise:
        "Rotate a key yourself, as the account's admin: 201, and its new secret; the old one works for another hour. (While it does, asking again is 409.)",
      command: curl(`${own}/keys/${keys.vendorKeyId}/rotations`, keys.admin, {
        graceSeconds: 3600,
      }),
    },
    {
      promise:
        'The log: 200, and the last five calls, each with its key, its answer and the IP address it came from.',
      command: curl(`${own}/request-log?door=gateway&limit=5`, keys.admin),
    },
    {
      promise: 'Everything else the management API can do: open this page in a browser.',
      command: `${management}/docs`,
    },
  ];
}

/** `-i` shows the status and the headers. The secrets' alphabet and JSON without `'` need no escape in single quotes. */
function curl(url: string, secret?: string, body?: object): string {
  const parts = [`curl -i '${url}'`];
  if (secret !== undefined) parts.push(`-H 'Authorization: Bearer ${secret}'`);
  if (body !== undefined)
    parts.push(`-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`);
  return parts.join(' ');
}

/** A listener on all addresses is reached on loopback. */
function pasteable(url: string): string {
  return url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
}

function minute(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
