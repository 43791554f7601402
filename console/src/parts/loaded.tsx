import { Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { PageHead } from './page-head.js';
import { ProblemAlert } from './states.js';

/**
 * What was asked for, once it is there. It stays when it is asked for again and that fails: by then it may hold what somebody types,
 * or a secret that is shown once.
 */
export function Loaded<T>({
  query: { data, error },
  what,
  failure,
  heading,
  height,
  children,
}: {
  query: { readonly data: T | undefined; readonly error: Error | null };
  /** What is asked for, such as "the key". */
  what: string;
  failure?: string;
  /** Of a page that has none of its own until it is there. */
  heading?: string;
  /** Pixels that are kept free for it. */
  height: number;
  children: (data: T) => ReactNode;
}) {
  const problem = error && (
    <ProblemAlert error={error} title={failure ?? `${sentence(what)} cannot be shown`} />
  );
  if (data === undefined)
    return (
      <>
        {heading && <PageHead title={heading} />}
        {problem ?? <Skeleton height={height} aria-label={`Loading ${what}`} />}
      </>
    );
  return (
    <>
      {problem}
      {children(data)}
    </>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
