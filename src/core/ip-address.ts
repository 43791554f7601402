import { SocketAddress, isIPv4, isIPv6 } from 'node:net';

/**
 * The one spelling of an IP address, or `null` for what is none.
 *
 * IPv4-mapped IPv6 is IPv4 (contract §8); IPv6 is lower case and compressed (RFC 5952). Octal, hexadecimal and short
 * forms, and zones (`%eth0`), are refused: `node:net` takes none of the former, and the latter is checked here.
 */
export function canonicalIp(text: string): string | null {
  if (isIPv4(text)) return text;
  if (text.includes('%') || !isIPv6(text)) return null;
  const address = new SocketAddress({ address: text, family: 'ipv6' }).address;
  return mappedIpv4(address) ?? address;
}

function mappedIpv4(address: string): string | null {
  const dotted = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  return dotted?.[1] ?? null;
}

/** The 4 or 16 bytes of a canonical address. */
export function bytesOfIp(ip: string): Uint8Array {
  if (isIPv4(ip)) return Uint8Array.from(ip.split('.'), Number);
  const [head = '', tail] = ip.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const groups = [
    ...before,
    ...new Array<number>(8 - before.length - after.length).fill(0),
    ...after,
  ];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [(a << 8) | b, (c << 8) | d];
  });
}

/** The canonical text of 4 or 16 bytes. */
export function ipOfBytes(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2)
    groups.push((((bytes[i] as number) << 8) | (bytes[i + 1] as number)).toString(16));
  return canonicalIp(groups.join(':')) as string;
}

/** The first address of the network that an address is in. @param prefix bits, within what the address has */
export function networkOf(ip: string, prefix: number): string {
  const bytes = bytesOfIp(ip);
  return ipOfBytes(
    bytes.map((byte, i) => {
      const bits = Math.min(Math.max(prefix - i * 8, 0), 8);
      return byte & (0xff << (8 - bits));
    }),
  );
}
