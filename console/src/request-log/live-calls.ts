import { useEffect, useEffectEvent, useState } from 'react';
import { logPathOf, type Call, type CallFilter, type LogOwner } from './calls.js';

/** As many as a page can still be scrolled through; older ones are in the log. */
const keptMax = 500;

export interface LiveCalls {
  /** Newest first. */
  readonly shown: readonly Call[];
  /** How many came while it was paused, and are not shown yet. */
  readonly waiting: number;
  readonly state: 'off' | 'connecting' | 'open' | 'ended';
}

const none = { shown: [], waiting: [] } as const;

/** Calls as they come, while it is on. @param onOpen what came before that is in the log, and is to be asked for anew */
export function useLiveCalls(
  owner: LogOwner,
  filter: CallFilter,
  { isOn, isPaused, onOpen }: { isOn: boolean; isPaused: boolean; onOpen: () => void },
): LiveCalls {
  const [calls, setCalls] = useState<Record<'shown' | 'waiting', readonly Call[]>>(none);
  const [state, setState] = useState<LiveCalls['state']>('off');
  const query = new URLSearchParams(filter as Record<string, string>).toString();
  const opened = useEffectEvent(onOpen);
  const came = useEffectEvent((call: Call) =>
    setCalls(({ shown, waiting }) =>
      isPaused
        ? { shown, waiting: [call, ...waiting].slice(0, keptMax) }
        : { shown: [call, ...waiting, ...shown].slice(0, keptMax), waiting: [] },
    ),
  );

  useEffect(() => {
    setCalls(none);
    if (!isOn) return setState('off');
    setState('connecting');
    const source = new EventSource(`${logPathOf(owner)}/stream?${query}`);
    source.addEventListener('open', () => {
      setState('open');
      opened();
    });
    source.addEventListener('call', ({ data }: MessageEvent<string>) =>
      came(JSON.parse(data) as Call),
    );
    // The browser tries again by itself, unless it was refused.
    source.addEventListener('error', () =>
      setState(source.readyState === EventSource.CLOSED ? 'ended' : 'connecting'),
    );
    return () => source.close();
  }, [owner, query, isOn]);

  useEffect(() => {
    if (isPaused) return;
    setCalls(({ shown, waiting }) =>
      waiting.length === 0
        ? { shown, waiting }
        : { shown: [...waiting, ...shown].slice(0, keptMax), waiting: [] },
    );
  }, [isPaused]);

  return { shown: calls.shown, waiting: calls.waiting.length, state };
}
