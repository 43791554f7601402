import { StartError } from '../../core/start-error.js';
import type { ListenerSettings } from '../config/settings.js';

/** What each setting of a listener is called. */
export type ListenerName = 'ACCESS' | 'MANAGEMENT';

/** @throws StartError that names the setting and says what to do */
export async function listenOrSay<T>(
  name: ListenerName,
  settings: ListenerSettings,
  listen: () => Promise<T>,
): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    throw new StartError(whyNot(name, settings, error), { cause: error });
  }
}

function whyNot(name: ListenerName, { host, port }: ListenerSettings, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const held = `${name}_PORT is "${port}", which cannot be used`;
  switch (code) {
    case 'EADDRINUSE':
      return `${held}: another process is listening on port ${port} of ${host}. Stop it, or choose another port.`;
    case 'EACCES':
      return `${held}: this user may not listen on it. Choose a port from 1024.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${name}_HOST is "${host}", which cannot be used: it takes an address of this machine.`;
    default:
      return `The listener of ${name}_HOST and ${name}_PORT cannot be opened: ${message}.`;
  }
}
