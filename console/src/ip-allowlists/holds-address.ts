/** An address as a number, of 32 or of 128 bits. */
interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** Whether one of the entries, each an address or a network, holds the address. What is neither holds nothing. */
export function holdsAddress(entries: readonly { cidr: string }[], ip: string): boolean {
  const address = readAddress(ip);
  return (
    address !== null &&
    entries.some(({ cidr }) => {
      const [text = '', prefix] = cidr.split('/');
      const network = readAddress(text);
      if (network === null || network.bits !== address.bits) return false;
      const length = prefix === undefined ? network.bits : Number(prefix);
      if (!Number.isInteger(length) || length < 0 || length > network.bits) return false;
      const free = BigInt(network.bits - length);
      return network.value >> free === address.value >> free;
    })
  );
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
