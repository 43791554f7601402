import * as fc from 'fast-check';

/** What is sent on one connection, byte for byte: characters up to U+00FF are one byte each. */
export interface Sending {
  /** Written one after the other, with a pause in between. */
  readonly pieces: readonly string[];
  /** The methods of the well-formed requests that it begins with. Each of them has to be answered, in turn. */
  readonly methods: readonly string[];
  readonly ending: Ending;
}

/**
 * - `whole`: well-formed requests and nothing else, so every one is answered, and the connection can be used again
 * - `settled`: the server has all it needs to answer or to hang up by itself
 * - `open`: the server may wait for more; that there is none it learns by the sender closing its side
 * - `reset`: the sender is gone right after the last byte
 */
export type Ending = 'whole' | 'settled' | 'open' | 'reset';

/** One request as bytes, and what may be expected of it. */
export interface Wire {
  readonly text: string;
  readonly method: string;
  readonly ending: Ending;
}

export function sending(
  pieces: readonly string[],
  methods: readonly string[],
  ending: Ending,
): Sending {
  // What a failure's report shows.
  const told = (): string =>
    JSON.stringify({ pieces: pieces.map(withoutLongRuns), methods, ending });
  return { pieces, methods, ending, [fc.toStringMethod]: told } as Sending;
}

/** One request in one piece. */
export function sendingOf({ text, method, ending }: Wire): Sending {
  return sending([text], ending === 'whole' ? [method] : [], ending);
}

function withoutLongRuns(text: string): string {
  return text.replace(/(.)\1{99,}/gs, (run, character: string) => `${character}…×${run.length}`);
}
