import type { ReactNode } from 'react';
import { isOperator, useVisitor } from './session.js';

/** What only the operator may do to what all accounts share: an auditor of theirs sees the same pages without it. */
export function ForOperator({ children }: { children: ReactNode }) {
  return isOperator(useVisitor()) ? children : null;
}
