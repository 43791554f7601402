import { isAddressOrNetwork } from '../ip-allowlists/holds-address.js';
import type { CallFilter } from './calls.js';

/** An id says itself of what it is. */
export function fieldOfId(value: string): 'call' | 'keyId' | 'secretId' | null {
  const fields = { call: 'call', key: 'keyId', sec: 'secretId' } as const;
  const kind = /^(call|key|sec)_[0-9A-Za-z]{20,23}$/.exec(value)?.[1];
  return kind === undefined ? null : fields[kind as keyof typeof fields];
}

/** What the log could not look for, in words. @returns null where it can */
export function faultOfFilter(field: keyof CallFilter | 'call', value: string): string | null {
  if (field === 'ip' && !isAddressOrNetwork(value))
    return 'A whole address, such as 203.0.113.7, or a network, such as 203.0.113.0/24.';
  if (field === 'status' && !/^[1-5]\d\d$/.test(value))
    return 'A status is a number from 100 to 599.';
  if (field === 'call' && !/^call_[0-9A-Za-z]{23}$/.test(value))
    return 'It is call_ with 23 letters and digits, as an answer bore it.';
  return null;
}
