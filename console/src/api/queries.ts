import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { Problem } from './client.js';

/** Told when the server no longer knows who asks. */
let onSignedOut: () => void = () => {};

export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

function noticeSignedOut(error: Error): void {
  if (error instanceof Problem && error.status === 401) onSignedOut();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({ onError: noticeSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was answered stays answered; only what never came is asked again.
      retry: (failures, error) => error instanceof Problem && error.status === 0 && failures < 2,
    },
  },
});
