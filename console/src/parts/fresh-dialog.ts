import { useState } from 'react';

/** A dialog whose form begins anew each time that it is opened, also while the one before is still fading. */
export interface FreshDialog {
  readonly opened: boolean;
  /** The key of the form. */
  readonly round: number;
  readonly open: () => void;
  readonly close: () => void;
}

export function useFreshDialog(): FreshDialog {
  const [{ opened, round }, setState] = useState({ opened: false, round: 0 });
  return {
    ...{ opened, round },
    open: () => setState((before) => ({ opened: true, round: before.round + 1 })),
    close: () => setState((before) => ({ ...before, opened: false })),
  };
}
