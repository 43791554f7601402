import type { ChainBreak } from './audit-chain-walk.js';

/** What is wrong with a chain where it breaks, in words for a person. */
export function wordsOf({ fault, seq, toSeq = seq, eventId, writtenAs }: ChainBreak): string {
  const which = toSeq > seq ? `Events ${seq} to ${toSeq}` : `Event ${seq}`;
  const are = toSeq > seq ? 'are' : 'is';
  const named = `Event ${seq} (${eventId})`;
  switch (fault) {
    case 'altered':
      return `${named} is not as it was written.`;
    case 'foreign':
      return `${which} ${are} not as they were written, or were made with another key.`;
    case 'missing':
      return `${which} ${are} missing.`;
    case 'cut_off':
      return `${which} ${are} missing: the end was cut off.`;
    case 'moved':
      return `${named} was written as event ${writtenAs}.`;
    case 'repeated':
      return `${named} has a number that is taken.`;
    case 'unlinked':
      return `${named} was not written after the event that it stands behind.`;
    case 'head_missing':
      return `The record of where the trail ends is gone; it stops after event ${seq}.`;
    case 'head_altered':
      return `The record of where the trail ends, at event ${seq}, was altered.`;
    case 'rewritten':
      return `Event ${seq} is another one than the head was of that was kept elsewhere.`;
  }
}
