import type { LoggerService } from '@nestjs/common';
import pino, { type DestinationStream, type Logger } from 'pino';

/** Nest's log lines as JSON on standard error. Nothing that a caller sent is ever handed to it. */
export class PinoLogger implements LoggerService {
  readonly #pino: Logger;

  /** @param lines where they go in place of standard error */
  constructor(lines: DestinationStream = pino.destination(2)) {
    this.#pino = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, lines);
  }

  /** Nest tells of every module and route it makes; that is for whoever looks for it. */
  log(message: unknown, context?: string): void {
    this.#pino.debug(lineOf(message, context));
  }

  warn(message: unknown, context?: string): void {
    this.#pino.warn(lineOf(message, context));
  }

  error(message: unknown, stackOrContext?: string, context?: string): void {
    const stack = context === undefined ? undefined : stackOrContext;
    this.#pino.error({
      ...lineOf(message, context ?? stackOrContext),
      ...(stack !== undefined && { stack }),
    });
  }
}

function lineOf(message: unknown, context: string | undefined): object {
  const parts =
    typeof message === 'object' && message !== null ? message : { msg: String(message) };
  return { ...parts, ...(context !== undefined && { context }) };
}
