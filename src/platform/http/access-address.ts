import { Inject, Injectable } from '@nestjs/common';
import { SETTINGS, type Settings } from '../config/settings.js';

/** Where callers reach the access listener. As with the console's address it is never read from a request. */
@Injectable()
export class AccessAddress {
  #listening = '';

  constructor(@Inject(SETTINGS) private readonly settings: Pick<Settings, 'accessUrl'>) {}

  /** Told as soon as the access listener listens. */
  listensAt(url: string): void {
    this.#listening = url;
  }

  /** An origin. */
  get url(): string {
    return this.settings.accessUrl ?? this.#listening;
  }
}
