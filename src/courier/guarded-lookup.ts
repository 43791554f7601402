import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import type { CourierSurroundings } from './surroundings.js';

/** No address of a host may be connected to. */
export class RefusedByPolicyError extends Error {
  override readonly name = 'RefusedByPolicyError';
}

/**
 * Looks a host up for a connection that is about to be opened, and hands over only those addresses that it may be opened to.
 * What is connected to is what was judged: nothing is looked up again in between.
 */
export function guardedLookup(
  resolve: CourierSurroundings['resolve'],
  mayConnect: (address: string) => boolean,
): LookupFunction {
  return (hostname, { all }, callback) => {
    const tell = async (): Promise<void> => {
      let permitted: LookupAddress[];
      try {
        permitted = (await resolve(hostname)).filter(({ address }) => mayConnect(address));
        if (permitted.length === 0) throw new RefusedByPolicyError('No address is permitted.');
      } catch (error) {
        return callback(error as Error, '', 0);
      }
      const [first] = permitted;
      if (all === true) callback(null, permitted);
      else callback(null, first?.address ?? '', first?.family);
    };
    void tell();
  };
}
