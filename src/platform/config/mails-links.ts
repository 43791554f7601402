import type { Settings } from './settings.js';

/**
 * Whether invitations and recovery links go by e-mail. It takes a server that sends, and to know where people reach the console: a link in
 * an e-mail is opened on another machine, days later, so what this process happens to listen at is no answer.
 */
export function mailsLinks({ smtp, consoleUrl }: Pick<Settings, 'smtp' | 'consoleUrl'>): boolean {
  return smtp !== null && consoleUrl !== null;
}
