import { Inject, Injectable } from '@nestjs/common';
import type { Transporter } from 'nodemailer';
import { SETTINGS, type Settings, type SmtpSettings } from '../platform/config/settings.js';
import { answered, type Sent } from './channel.js';

/** Milliseconds: to connect, to be greeted, and without a word after that. */
const [connectionTimeout, greetingTimeout, socketTimeout] = [10_000, 10_000, 10_000];

/** What an e-mail says, in both of its forms. */
export interface EmailContent {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** An e-mail to one recipient. */
export interface Email extends EmailContent {
  readonly to: string;
  /** Of which its `Message-ID` is made: by it a message that was sent twice is known for one. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly date: number;
}

/** What nodemailer says of a failure; the text of the server's answer is not kept, for it may repeat anything. */
interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
}

/** Hands e-mails to the server of `SMTP_URL`, one message for each recipient. */
@Injectable()
export class MailServer {
  readonly #smtp: SmtpSettings | null;
  #transport: Promise<Transporter> | null = null;

  constructor(@Inject(SETTINGS) { smtp }: Settings) {
    this.#smtp = smtp;
  }

  /** @returns `null` where no server is set. It never throws for what the server does. */
  async send({ to, id, date, ...content }: Email): Promise<Sent | null> {
    if (this.#smtp === null) return null;
    const { from } = this.#smtp;
    this.#transport ??= transportTo(this.#smtp);
    const transport = await this.#transport;
    try {
      await transport.sendMail({
        ...content,
        from: { name: 'Latchkey', address: from },
        to: { name: '', address: to },
        date: new Date(date),
        messageId: `<${id}@${from.split('@')[1]}>`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { delivered: true, code: 250, error: null };
    } catch (error) {
      return faultOf(error as SmtpFailure);
    }
  }
}

/** The library is loaded where there is something to send, and takes nothing of a start without. */
async function transportTo(smtp: SmtpSettings): Promise<Transporter> {
  const { createTransport } = await import('nodemailer');
  const { host, port, secure, user, password } = smtp;
  return createTransport({
    ...{ host, port, secure, connectionTimeout, greetingTimeout, socketTimeout },
    ...(user !== null && { auth: { user, pass: password ?? '' } }),
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
}

function faultOf({ code, responseCode }: SmtpFailure): Sent {
  if (code === 'EAUTH')
    return { delivered: false, code: responseCode ?? null, error: 'login refused' };
  if (responseCode === undefined)
    return { delivered: false, code: null, error: 'mail server not reachable' };
  // 5xx is for good (RFC 5321, 4.2.1).
  return { delivered: false, ...answered(responseCode), isFinal: responseCode >= 500 };
}
