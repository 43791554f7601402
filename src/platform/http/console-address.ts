import { Inject, Injectable } from '@nestjs/common';
import type { LinkPurpose } from '../../core/one-time-link.js';
import { localOriginOf, relyingPartyOf, type RelyingParty } from '../../core/relying-party.js';
import { SETTINGS, type Settings } from '../config/settings.js';

const pages: Readonly<Record<LinkPurpose, string>> = {
  set_up: '/set-up',
  invitation: '/join',
  recovery: '/recover',
};

/** Where people reach the console. It is never read from a request: a link leads where its maker meant it to. */
@Injectable()
export class ConsoleAddress {
  #listening = '';

  constructor(@Inject(SETTINGS) private readonly settings: Pick<Settings, 'consoleUrl'>) {}

  /** Told as soon as the management listener listens. */
  listensAt(url: string): void {
    this.#listening = url;
  }

  /**
   * For whom passkeys are made: the host of `CONSOLE_URL`, or without one `localhost`, where the management listener is reached by that
   * name. `null` where there can be none.
   */
  get relyingParty(): RelyingParty | null {
    const { consoleUrl } = this.settings;
    if (consoleUrl === null && this.#listening === '') return null;
    const origin = consoleUrl ?? localOriginOf(this.#listening);
    return origin === null ? null : relyingPartyOf(origin);
  }

  /** The token stands behind a `#`, which no browser sends to anybody: not in a request, and not as a `Referer`. */
  linkFor(purpose: LinkPurpose, token: string): string {
    return `${this.settings.consoleUrl ?? this.#listening}${pages[purpose]}#${token}`;
  }
}
