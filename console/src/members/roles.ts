import type { Schemas } from '@latchkey/sdk';

export type Role = Schemas['MemberResponse']['role'];

export const roleTexts: readonly { value: Role; label: string; says: string }[] = [
  { value: 'admin', label: 'Admin', says: 'everything in this account' },
  { value: 'developer', label: 'Developer', says: 'makes and changes own keys, reads the rest' },
  { value: 'auditor', label: 'Auditor', says: 'reads everything, changes nothing' },
];
