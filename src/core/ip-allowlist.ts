import { BlockList, isIPv4 } from 'node:net';
import { canonicalIp, networkOf } from './ip-address.js';

/** A parsed rule: canonical network address and prefix length in bits. */
export interface IpRule {
  readonly network: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

export type IpRuleReading =
  { readonly ok: true; readonly rule: IpRule } | { readonly ok: false; readonly why: string };

export type AllowlistMode = 'off' | 'report' | 'enforce';

export interface IpAllowlistEntry {
  /** `address` or `address/prefix`, as accepted by `parseIpRule`, in its canonical form. */
  readonly cidr: string;
  readonly note?: string;
}

export interface IpAllowlist {
  readonly mode: AllowlistMode;
  readonly entries: readonly IpAllowlistEntry[];
}

export const noAllowlist: IpAllowlist = { mode: 'off', entries: [] };

/**
 * Reads one IP rule: `address` or `address/prefix`, strictly (contract §8).
 *
 * @param allowAny whether `/0` is wanted; it admits a whole family, so it needs saying twice
 */
export function parseIpRule(text: string, { allowAny = false } = {}): IpRuleReading {
  if (text.length > 64) return refuse('it is longer than any address');
  const slash = text.indexOf('/');
  const addressText = slash === -1 ? text : text.slice(0, slash);
  if (addressText.includes('%'))
    return refuse('an address with a zone (%…) means something on one machine only');
  // A mapped network such as ::ffff:10.0.0.0/104 would need its prefix translated; say the IPv4 one.
  const address = canonicalIp(addressText);
  if (address === null) return refuse('it is not an IPv4 or IPv6 address in its full, plain form');
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (family === 'ipv4' && addressText.includes(':')) {
    return refuse(`an IPv4-mapped address is judged as IPv4: write ${address}`);
  }
  const bitsMax = family === 'ipv4' ? 32 : 128;
  if (slash === -1) return { ok: true, rule: { network: address, prefix: bitsMax, family } };
  const prefixText = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(prefixText) || Number(prefixText) > bitsMax) {
    return refuse(`the prefix must be a whole number from 0 to ${bitsMax}`);
  }
  const prefix = Number(prefixText);
  const network = networkOf(address, prefix);
  if (network !== address) {
    return refuse(
      `it has host bits set: write ${network}/${prefix} for the network, or ${address} for the one address`,
    );
  }
  if (prefix === 0 && !allowAny) {
    return refuse(
      `/0 admits every ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address: confirm it with "confirmAny": true`,
    );
  }
  return { ok: true, rule: { network, prefix, family } };
}

/** The canonical text of a rule: a single address without its prefix. */
export function formatIpRule({ network, prefix, family }: IpRule): string {
  return prefix === (family === 'ipv4' ? 32 : 128) ? network : `${network}/${prefix}`;
}

/**
 * Whether `list` admits no address that `bounds` refuses. Each of its rules has to lie within one rule of the bounds: two
 * halves are not put together.
 */
export function isWithin(list: IpAllowlist, bounds: IpAllowlist): boolean {
  if (bounds.mode !== 'enforce') return true;
  if (list.mode !== 'enforce') return false;
  const outer = rulesOf(bounds);
  return rulesOf(list).every((rule) => outer.some((other) => contains(other, rule)));
}

function contains(outer: IpRule, inner: IpRule): boolean {
  return (
    outer.family === inner.family &&
    outer.prefix <= inner.prefix &&
    networkOf(inner.network, outer.prefix) === outer.network
  );
}

function rulesOf(list: IpAllowlist): IpRule[] {
  return rulesOfTexts(list.entries.map((entry) => entry.cidr));
}

/** Rules were checked when they were written; one that no longer parses admits nobody. */
function rulesOfTexts(texts: readonly string[]): IpRule[] {
  const readings = texts.map((text) => parseIpRule(text, { allowAny: true }));
  return readings.flatMap((reading) => (reading.ok ? [reading.rule] : []));
}

function refuse(why: string): IpRuleReading {
  return { ok: false, why };
}

/** A list of rules made ready to be asked. Families are kept apart, so that `::/0` never admits IPv4. */
export class IpRuleSet {
  /** `null` where there are none: each question to a `BlockList` makes an object, of every call. */
  readonly #ipv4: BlockList | null;
  readonly #ipv6: BlockList | null;
  /** Exact addresses need no walk along the list. */
  readonly #addresses = new Set<string>();
  readonly isEmpty: boolean;

  constructor(rules: readonly IpRule[]) {
    this.isEmpty = rules.length === 0;
    const isAddress = ({ prefix, family }: IpRule) => prefix === (family === 'ipv4' ? 32 : 128);
    for (const { network } of rules.filter(isAddress)) this.#addresses.add(network);
    const networks = rules.filter((rule) => !isAddress(rule));
    this.#ipv4 = blockListOf(networks, 'ipv4');
    this.#ipv6 = blockListOf(networks, 'ipv6');
  }

  static ofTexts(texts: readonly string[]): IpRuleSet {
    return new IpRuleSet(rulesOfTexts(texts));
  }

  /** @param ip a canonical address */
  has(ip: string): boolean {
    if (this.#addresses.has(ip)) return true;
    const family = isIPv4(ip) ? 'ipv4' : 'ipv6';
    const networks = family === 'ipv4' ? this.#ipv4 : this.#ipv6;
    return networks !== null && networks.check(ip, family);
  }
}

function blockListOf(networks: readonly IpRule[], family: IpRule['family']): BlockList | null {
  const own = networks.filter((rule) => rule.family === family);
  if (own.length === 0) return null;
  const list = new BlockList();
  for (const { network, prefix } of own) list.addSubnet(network, prefix, family);
  return list;
}

/** An allowlist made ready to be asked: whether it admits, and whether what it says counts. */
export class CompiledAllowlist {
  readonly #rules: IpRuleSet;

  /** Most keys have no list; they share one. */
  static of(list: IpAllowlist): CompiledAllowlist {
    return list.mode === 'off' ? switchedOff : new CompiledAllowlist(list);
  }

  constructor(readonly list: IpAllowlist) {
    this.#rules = new IpRuleSet(rulesOf(list));
  }

  get mode(): AllowlistMode {
    return this.list.mode;
  }

  /** An emptied list is not "no list": with `enforce` it admits nobody. */
  admits(ip: string): boolean {
    return this.mode === 'off' || this.#rules.has(ip);
  }
}

const switchedOff = new CompiledAllowlist(noAllowlist);
