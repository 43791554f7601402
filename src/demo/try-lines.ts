import type { Demo } from './demo.service.js';

/** Where the two listeners answer. */
export interface ListenerUrls {
  readonly accessUrl: string;
  readonly managementUrl: string;
}

/** One thing to try: what is done, what will be seen, and the command to paste or the page to open. */
interface Attempt {
  readonly what: string;
  readonly seen: string;
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
    `  A sample CRM runs inside this process. It knows nothing of keys: Latchkey stands before it, at ${mount}.`,
    `  The account "${account.name}" holds keys to it; their secrets are kept in ${keyFile.path}.`,
    '  Paste any of these commands into another terminal, as it is. After the arrow stands what you will see.',
    ...attempts(urls, demo).flatMap(({ what, seen, command }, i) => [
      '',
      `${bold(`${i + 1}. ${what}`)} → ${seen}`,
      command,
    ]),
    '',
    'Start with LATCHKEY_DEMO=off to do without the sample.',
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
      what: 'A key opens what its scopes open',
      seen: '200, the contacts',
      command: curl(`${crm}/contacts`, keys.reporting),
    },
    {
      what: 'The same key in the URL, as ?hapikey=',
      seen: '200, what the CRM is told of its caller: everything but the secret',
      command: curl(`${crm}/whoami?hapikey=${keys.reporting}`),
    },
    {
      what: 'No key',
      seen: '401, where a key was looked for',
      command: curl(`${crm}/contacts`),
    },
    {
      what: 'Beyond its scopes: that read-only key sends an e-mail',
      seen: '403, the scope that it lacks',
      command: curl(`${crm}/single-send`, keys.reporting, message),
    },
    {
      what: 'The same with a key that has that scope',
      seen: '202, the e-mail is queued (it goes nowhere)',
      command: curl(`${crm}/single-send`, keys.backOffice, message),
    },
    {
      what: 'From a foreign network: this key works from 198.51.100.0/24 only',
      seen: '403, your IP address',
      command: curl(`${crm}/contacts`, keys.partner),
    },
    {
      what: `A key that is being rotated: its old secret works until ${minute(nightlySync.graceEndsAt)}`,
      seen: '200, and Latchkey-Secret-Retires among the headers',
      command: curl(`${crm}/orders`, nightlySync.retiring),
    },
    {
      what: 'Its new secret works already',
      seen: '200, without that header',
      command: curl(`${crm}/orders`, nightlySync.current),
    },
    {
      what: "Rotate a key yourself, as the account's admin, and keep its old secret for an hour",
      seen: '201, the new secret (once more within the hour: 409)',
      command: curl(`${own}/keys/${keys.vendorKeyId}/rotations`, keys.admin, {
        graceSeconds: 3600,
      }),
    },
    {
      what: 'Who called what, with which key, from which IP address',
      seen: '200, the last five calls to the CRM with a key of this account',
      command: curl(`${own}/request-log?door=gateway&limit=5`, keys.admin),
    },
    {
      what: 'All that the management API can do',
      seen: 'a page for your browser',
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
