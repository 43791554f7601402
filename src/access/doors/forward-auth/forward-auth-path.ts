const before = '/latchkey/v1/forward-auth/';

export function forwardAuthPath(proxyName: string): string {
  return before + proxyName;
}
