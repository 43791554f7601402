import { parseIpRule, IpRuleSet, type IpRule } from '../../core/ip-allowlist.js';
import { StartError } from '../../core/start-error.js';

/** The environment as it was given: variables that are empty count as unset, as in an `.env` file. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one variable. Each reader throws a `StartError` of one line that says what it held and what it takes. */
export class SettingReader {
  constructor(private readonly environment: Environment) {}

  text(name: string): string | undefined {
    const value = this.environment[name];
    return value === undefined || value === '' ? undefined : value;
  }

  host(name: string, fallback: string): string {
    const value = this.text(name) ?? fallback;
    if (!/^[A-Za-z0-9.:_-]+$/.test(value))
      throw unreadable(name, value, 'a host name or an IP address');
    return value;
  }

  port(name: string, fallback: number): number {
    return this.integer(name, fallback, { min: 0, max: 65_535, unit: 'a port' });
  }

  integer<T extends number | null>(
    name: string,
    fallback: T,
    { min, max, unit }: { min: number; max: number; unit: string },
  ): number | T {
    const value = this.text(name);
    if (value === undefined) return fallback;
    const number = Number(value);
    if (!/^\d{1,15}$/.test(value) || number < min || number > max) {
      throw unreadable(name, value, `${unit}: a whole number from ${min} to ${max}`);
    }
    return number;
  }

  oneOf<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const value = this.text(name);
    if (value === undefined) return fallback;
    if (!choices.includes(value as T))
      throw unreadable(name, value, `one of ${choices.join(', ')}`);
    return value as T;
  }

  ipRules(name: string): IpRuleSet {
    const rules: IpRule[] = [];
    for (const entry of (this.text(name) ?? '').split(',').map((part) => part.trim())) {
      if (entry === '') continue;
      const reading = parseIpRule(entry);
      if (!reading.ok)
        throw unreadable(
          name,
          entry,
          `a comma-separated list of CIDR networks, but ${reading.why}`,
        );
      rules.push(reading.rule);
    }
    return new IpRuleSet(rules);
  }
}

/** @param held what the variable held; pass a masked text for what is secret */
export function unreadable(name: string, held: string, takes: string): StartError {
  return new StartError(
    `${name} is "${printable(held)}", which cannot be used: it takes ${takes}.`,
  );
}

/** What a secret setting may show of itself: its length. */
export function masked(secret: string): string {
  return `*** (${secret.length} characters)`;
}

function printable(text: string): string {
  const plain = text.replace(/[^\x20-\x7e]/g, '?');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
}
