import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { startManagement, type Management } from '../support/management.js';
import { databaseFor, type NodeDatabase } from '../support/nodes.js';
import { addPasskey, enterWithPasskey } from '../support/passkeys.js';
import { addMember, tokenOf, useLink, type SignedInPerson } from '../support/people.js';
import { runCommand, type CommandResult } from '../support/run-command.js';
import { turnOnSecondFactor } from '../support/second-factors.js';
import { describeOnEachDatabase } from '../support/store.js';
import { makeFolder, removeFolder } from '../support/swept-folder.js';

describeOnEachDatabase('latchkey members link', (kind) => {
  let database: NodeDatabase;
  let latchkey: Management;
  let folder: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    database = await databaseFor(kind);
    latchkey = await startManagement({ ...database.environment });
    folder = makeFolder('command');
    const { OPERATOR_KEY: _, ...given } = database.environment;
    environment =
      kind === 'sqlite'
        ? { DATABASE_URL: `sqlite:${join(latchkey.folder, 'latchkey.db')}` }
        : { ...given, CONSOLE_URL: 'https://keys.example.com' };
  });

  afterAll(async () => {
    await latchkey?.remove();
    await database?.remove();
    removeFolder(folder);
  });

  const link = (...args: string[]): Promise<CommandResult> =>
    runCommand(folder, ['members', 'link', ...args], environment, { mayTellLink: true });
  const base = kind === 'sqlite' ? 'http://127.0.0.1:8081' : 'https://keys.example.com';
  const linkIn = ({ stdout }: CommandResult): string => stdout.trimEnd().split('\n').at(-1) ?? '';

  it('lets an operator in, beside the server that runs', async () => {
    const { code, stdout, stderr } = await link();
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/becomes an admin of the operator's account\. It works once, until \d/);
    expect(linkIn({ code, stdout, stderr })).toMatch(
      new RegExp(`^${base.replaceAll('.', '\\.')}/set-up#lkl_[0-9A-Za-z]{38}$`),
    );
    const { operatorAccountId } = latchkey;
    const token = tokenOf(linkIn({ code, stdout, stderr }));
    const fields = { name: 'Op', email: 'op@example.com' };
    const { session } = await useLink(latchkey, token, fields);
    const answer = await latchkey.ask('GET', '/v1/request-log', { session });
    expect(answer.status).toBe(200);
    const path = `/v1/accounts/${operatorAccountId}/audit-events?action=member.set_up_link_made`;
    const { results } = await latchkey.manage('GET', path);
    expect(results).toMatchObject([{ actor: { kind: 'installation', name: 'command line' } }]);
    const verified = await latchkey.manage(
      'POST',
      `/v1/accounts/${operatorAccountId}/audit-events/verify`,
    );
    expect(verified).toMatchObject({ intact: true });
  });

  it('takes the link before it back', async () => {
    const first = tokenOf(linkIn(await link()));
    const second = tokenOf(linkIn(await link()));
    const read = async (token: string) =>
      (await latchkey.ask('POST', '/v1/links/read', { body: { token } })).status;
    expect([await read(first), await read(second)]).toEqual([404, 200]);
  });

  it('sets the password of somebody who has lost theirs', async () => {
    const { id } = await latchkey.openAccount();
    const member = await addMember(latchkey, id, 'auditor');
    const told = await link('--for', member.email.toUpperCase());
    expect([told.code, told.stdout.includes('/recover#')]).toEqual([0, true]);
    const token = tokenOf(linkIn(told));
    const password = 'another password of theirs';
    const used = await latchkey.ask('POST', '/v1/links/use', { body: { token, password } });
    expect(used.status).toBe(204);
    const { email } = member;
    const entered = await latchkey.ask('POST', '/v1/session', { body: { email, password } });
    expect(entered.status).toBe(204);
    const path = `/v1/accounts/${id}/audit-events?action=member.recovery_link_made`;
    const { results } = await latchkey.manage('GET', path);
    expect(results).toMatchObject([
      { actor: { kind: 'installation', name: 'command line' }, target: { id: member.memberId } },
    ]);
  });

  it('is no way around a second factor, unless it is to reset it', async () => {
    const { id } = await latchkey.openAccount();
    const member = await addMember(latchkey, id, 'admin');
    const { person } = await turnOnSecondFactor(latchkey, member);
    const password = 'another password of theirs';
    const use = async (told: CommandResult) => {
      const body = { token: tokenOf(linkIn(told)), password };
      const { status, json } = await latchkey.ask('POST', '/v1/links/use', { body });
      return [status, json?.reason];
    };
    const sees = async ({ session }: SignedInPerson) =>
      (await latchkey.ask('GET', '/v1/session', { session })).status;
    expect(await use(await link('--for', person.email))).toEqual([403, 'SECOND_FACTOR_NEEDED']);
    expect(await sees(person)).toBe(200);
    const told = await link('--for', person.email, '--reset-second-factor');
    expect(await sees(person)).toBe(401);
    expect(await use(told)).toEqual([204, undefined]);
    const path = `/v1/accounts/${id}/audit-events?action=member.second_factor_reset`;
    const { results } = await latchkey.manage('GET', path);
    expect(results).toMatchObject([
      { actor: { kind: 'installation', name: 'command line' }, target: { id: member.memberId } },
    ]);
    const again = await link('--for', person.email, '--reset-second-factor');
    expect([again.code, again.stdout, again.stderr]).toEqual([2, '', expect.stringMatching(/^This person has no second factor/)]); // prettier-ignore
    const whose = await link('--reset-second-factor');
    expect([whose.code, whose.stdout, whose.stderr]).toEqual([2, '', expect.stringMatching(/^--reset-second-factor needs --for/)]); // prettier-ignore
  });

  it('takes passkeys away with it, where there is no second factor as well', async () => {
    const { id } = await latchkey.openAccount();
    const member = await addMember(latchkey, id, 'admin');
    const { passkey } = await addPasskey(latchkey, member);
    expect((await link('--for', member.email)).code).toBe(0);
    expect((await enterWithPasskey(latchkey, passkey)).status).toBe(204);
    expect((await link('--for', member.email, '--reset-second-factor')).code).toBe(0);
    expect((await enterWithPasskey(latchkey, passkey)).status).toBe(403);
    const path = `/v1/accounts/${id}/audit-events?action=member.second_factor_reset`;
    const { results } = await latchkey.manage('GET', path);
    expect(results).toMatchObject([{ after: { sessionsEnded: 2, passkeysRemoved: 1 } }]);
  });

  it('says what is wrong in a line, and makes nothing', async () => {
    const unknown = await link('--for', 'nobody@example.com');
    expect([unknown.code, unknown.stdout]).toEqual([2, '']);
    expect(unknown.stderr).toMatch(/^There is nobody with this e-mail address\..*\n$/);
    const wrong = { ...environment, KEY_PEPPER: Buffer.alloc(32, 'x').toString('base64url') };
    const refused = await runCommand(folder, ['members', 'link'], wrong);
    expect([refused.code, refused.stdout]).toEqual([2, '']);
    expect(refused.stderr).toMatch(/^KEY_PEPPER version 1 is not the key.*\n$/);
    const nowhere = await runCommand(folder, ['members', 'link'], {
      ...{ DATABASE_URL: `sqlite:${join(folder, 'none.db')}` },
    });
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringMatching(/^There is no database at/)]); // prettier-ignore
  });
});
