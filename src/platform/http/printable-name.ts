/**
 * The name of a property or parameter as it came, fit to be repeated in a message: a name is whatever was sent. It is not cut
 * here, because the envelope masks secrets first, and half a secret is not known for one.
 */
export function printableName(name: string): string {
  return name.replace(/[^\x20-\x7e]/g, '?');
}
