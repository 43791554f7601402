import { useRef } from 'react';

/**
 * The idempotency key of what somebody means to do: the same as long as they mean the same, however often it is sent. So what got
 * lost on the way is not done twice.
 *
 * @returns gives the key for a request's content
 */
export function useIntent(): (content: unknown) => string {
  const last = useRef<{ text: string; key: string } | null>(null);
  return (content) => {
    const text = JSON.stringify(content);
    if (last.current?.text !== text) last.current = { text, key: newKey() };
    return last.current.key;
  };
}

/** `crypto.randomUUID` is not there where the page comes by plain HTTP from another machine. */
function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
