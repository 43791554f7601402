import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { tooManyAttempts } from '../errors/api-error.js';

/** argon2id, by what OWASP's "Password Storage Cheat Sheet" asks for at least: some 50 ms and 19 MiB. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Each keeps a processor busy; what else the process does has to go on meanwhile. */
const runningMax = 2;
const waitingMax = 32;
const retryAfterSeconds = 2;

/** Passwords on their way into the database, and compared with what is there. */
@Injectable()
export class Passwords {
  /** A hash that no password fits, as costly as those that some do. */
  readonly #nobodys = phcString(randomBytes(16), randomBytes(32));
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @returns a PHC string @throws ApiError 429 where too many wait for theirs */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(normalized(password), cost));
  }

  /**
   * Takes as long whether there is somebody or not.
   *
   * @param kept `null` where there is nobody
   * @throws ApiError 429 where too many wait
   */
  async matches(kept: string | null, password: string): Promise<boolean> {
    const fits = await this.#inTurn(() => verify(kept ?? this.#nobodys, normalized(password)));
    return fits && kept !== null;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= runningMax) {
      if (this.#waiting.length >= waitingMax) throw tooManyAttempts(retryAfterSeconds);
      // Whoever leaves hands its place over.
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** One password, however a keyboard composes its characters (RFC 8265 §4.2). */
function normalized(password: string): string {
  return password.normalize('NFC');
}

function phcString(salt: Buffer, digest: Buffer): string {
  const [saltText, digestText] = [salt, digest].map((bytes) =>
    bytes.toString('base64').replace(/=+$/, ''),
  );
  const { memoryCost, timeCost, parallelism } = cost;
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${saltText}$${digestText}`;
}
