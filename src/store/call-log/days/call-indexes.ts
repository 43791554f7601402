/** What calls are looked for by, and the column that holds it. */
export const callIndexes = {
  account: 'account_id',
  key: 'key_id',
  ip: 'caller_ip_key',
} as const;

export type CallIndex = keyof typeof callIndexes;

export const callIndexNames = Object.keys(callIndexes) as readonly CallIndex[];
