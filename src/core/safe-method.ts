/** RFC 9110 §9.2.1. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Whether a call by this method asks for nothing but to be told. Any other may have an effect, so it is on the log before. */
export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}
