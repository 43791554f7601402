/** An address as a number, of 32 or of 128 bits. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Whether one of the entries, each an address or a network, holds the address. What is neither holds nothing. */
export function holdsAddress(entries: readonly { cidr: string }[], ip: string): boolean {
  return entryThatHolds(entries, ip) !== undefined;
}

/** The first of the entries that holds the address. */
export function entryThatHolds<T extends { cidr: string }>(
  entries: readonly T[],
  ip: string,
): T | undefined {
  const address = readAddress(ip);
  if (address === null) return undefined;
  return entries.find(({ cidr }) => {
    const network = readNetwork(cidr);
    if (network === null || network.bits !== address.bits) return false;
    const free = BigInt(network.bits - network.length);
    return network.value >> free === address.value >> free;
  });
}

export function isAddress(text: string): boolean {
  return readAddress(text) !== null;
}

/** Whether it is an address, or a network as the API takes it: one that names no address within. */
export function isAddressOrNetwork(text: string): boolean {
  const network = readNetwork(text);
  if (network === null) return false;
  const free = BigInt(network.bits - network.length);
  return (network.value >> free) << free === network.value;
}

function readNetwork(cidr: string): (Address & { readonly length: number }) | null {
  const [text = '', prefix, ...more] = cidr.split('/');
  const network = readAddress(text);
  if (network === null || more.length > 0) return null;
  if (prefix === undefined) return { ...network, length: network.bits };
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > network.bits) return null;
  return { ...network, length: Number(prefix) };
}

function readAddress(text: string): Address | null {
  if (text.includes(':')) return readIpv6(text);
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return null;
  return { bits: 32, value: joined(parts.map(Number), 8n) };
}

function readIpv6(text: string): Address | null {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return null;
  const groups = (half: string) => (half === '' ? [] : half.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return null;
  const all = [...before, ...Array<string>(missing).fill('0'), ...after];
  if (!all.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return { bits: 128, value: joined(all.map((group) => Number.parseInt(group, 16)), 16n) }; // prettier-ignore
}

function joined(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((value, part) => (value << width) | BigInt(part), 0n);
}
