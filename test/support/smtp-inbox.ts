import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A message as it came over SMTP. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Header and body as they were sent. */
  readonly raw: string;
  /** The first header of that name, unfolded. */
  header(name: string): string;
  /** The part of this kind, decoded. */
  part(kind: 'text/plain' | 'text/html'): string;
}

/** A real SMTP server that keeps what it takes. */
export interface SmtpInbox {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** With which it answers to the next recipients, one each, in place of taking them. */
  readonly refusals: number[];
  /** Until then it answers nothing to a message that it has. */
  readonly held: { until: Promise<void> | null };
  close(): Promise<void>;
}

/** @param login with which alone it takes anything */
export async function startSmtpInbox(login?: {
  user: string;
  password: string;
}): Promise<SmtpInbox> {
  const mails: ReceivedMail[] = [];
  const refusals: number[] = [];
  const held: { until: Promise<void> | null } = { until: null };
  const answer = async (done: () => void): Promise<void> => {
    await held.until;
    done();
  };
  const server = new SMTPServer({
    authOptional: login === undefined,
    allowInsecureAuth: true,
    hideSTARTTLS: true,
    disabledCommands: login === undefined ? ['STARTTLS', 'AUTH'] : ['STARTTLS'],
    disableReverseLookup: true,
    onAuth: ({ username, password }, _session, done) => {
      if (username === login?.user && password === login?.password) done(null, { user: username });
      else done(new Error(`No such login: ${username} ${password}`));
    },
    onRcptTo: (_address, _session, done) => {
      const responseCode = refusals.shift();
      if (responseCode === undefined) done();
      else done(Object.assign(new Error('Not now'), { responseCode }));
    },
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        const to = envelope.rcptTo.map(({ address }) => address);
        mails.push(mailOf(from, to, Buffer.concat(chunks).toString()));
        void answer(done);
      });
    },
  });
  // A client that goes away in the middle is part of the tests.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    mails,
    refusals,
    held,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function mailOf(from: string, to: string[], raw: string): ReceivedMail {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string) =>
    new RegExp(`^${name}: (.*)$`, 'im').exec(head)?.[1]?.trimEnd() ?? '';
  const part = (kind: string) => {
    const at = raw.indexOf(`Content-Type: ${kind}`);
    const [, end = ''] = /boundary="([^"]+)"/.exec(raw) ?? [];
    const [partHead = '', ...rest] = raw.slice(at).split(`--${end}`, 1)[0]?.split('\r\n\r\n') ?? [];
    return decoded(rest.join('\r\n\r\n'), /quoted-printable|base64/.exec(partHead)?.[0]);
  };
  return { from, to, raw, header, part };
}

function decoded(text: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(text, 'base64').toString();
  if (encoding === undefined) return text;
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString();
}
