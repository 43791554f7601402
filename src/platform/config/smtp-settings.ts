import { isEmailAddress } from '../../core/email-address.js';
import { masked, unreadable, type SettingReader } from './setting-readers.js';

/** The server that takes e-mail, and as whom it is sent. */
export interface SmtpSettings {
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; without it, as soon as the server offers it. */
  readonly secure: boolean;
  readonly user: string | null;
  readonly password: string | null;
  /** The address that stands in `From`. */
  readonly from: string;
}

const ports: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };

/** @returns `null` if no server is set */
export function readSmtp(read: SettingReader): SmtpSettings | null {
  const text = read.text('SMTP_URL');
  const from = read.text('NOTICE_FROM');
  if (from !== undefined && !isEmailAddress(from))
    throw unreadable('NOTICE_FROM', from, 'one e-mail address');
  if (text === undefined) return null;
  const server = serverOf(text);
  if (server === null) {
    // It may hold a password.
    throw unreadable(
      'SMTP_URL',
      masked(text),
      'smtp://<user>:<password>@<host>:<port> or smtps://…, with % @ : / ? # in a user name or password percent-encoded',
    );
  }
  if (from === undefined)
    throw unreadable('NOTICE_FROM', '', 'one e-mail address wherever SMTP_URL is set');
  return { ...server, from };
}

function serverOf(text: string): Omit<SmtpSettings, 'from'> | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const port = url && ports[url.protocol];
  if (url === null || port == null || url.hostname === '') return null;
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return null;
  try {
    const [user, password] = [url.username, url.password].map(decodeURIComponent);
    return {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? port : Number(url.port),
      secure: url.protocol === 'smtps:',
      user: user || null,
      password: password || null,
    };
  } catch {
    return null;
  }
}
