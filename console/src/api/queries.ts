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

/** Milliseconds after which a page looks again at what changes while somebody looks at it. */
export const lookEveryMs = 10_000;

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeSignedOut }),
  mutationCache: new MutationCache({
    onError: noticeSignedOut,
    // Whatever was changed has an event on the trail.
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: ['audit-events'] }),
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was answered stays answered; only what never came is asked again.
      retry: (failures, error) => error instanceof Problem && error.status === 0 && failures < 2,
    },
    // What is sent may hold a password, and what is answered a secret: neither is kept for long beyond its form.
    mutations: { gcTime: 1_000 },
  },
});
