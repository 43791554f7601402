import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { actOnKey, keyQuery, type KeyAction } from './keys.js';

/** What became of one of many keys; nothing of one whose turn has not come. */
export type Outcome =
  | { readonly state: 'running' }
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly why: string };

/**
 * Does one thing to many keys, a call for each, one after the other: the API has no call that does it to all or to none, and this does
 * not pretend that there was one.
 */
export function useKeysOneByOne(accountId: string, action: KeyAction) {
  const queries = useQueryClient();
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const [isRunning, setIsRunning] = useState(false);
  const isHalted = useRef(false);
  const { mutateAsync: act } = useMutation({
    mutationFn: (keyId: string) => actOnKey(accountId, keyId, action),
    onSuccess: (key) => queries.setQueryData(keyQuery(accountId, key.id).queryKey, key),
  });
  useEffect(() => {
    isHalted.current = false;
    return () => {
      isHalted.current = true;
    };
  }, []);
  const put = (keyId: string, outcome: Outcome) =>
    setOutcomes((before) => new Map(before).set(keyId, outcome));

  async function run(keyIds: readonly string[]): Promise<void> {
    isHalted.current = false;
    setIsRunning(true);
    for (const keyId of keyIds) {
      if (isHalted.current) break;
      put(keyId, { state: 'running' });
      const outcome = await act(keyId).then(
        (): Outcome => ({ state: 'done' }),
        (error: Error): Outcome => ({ state: 'failed', why: error.message }),
      );
      put(keyId, outcome);
    }
    setIsRunning(false);
    await queries.invalidateQueries({ queryKey: ['keys', accountId] });
  }

  return {
    outcomes,
    isRunning,
    run,
    /** After the one that is under way. */
    halt: () => {
      isHalted.current = true;
    },
  };
}
