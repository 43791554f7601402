import { DefaultNamingStrategy, type ValueTransformer } from 'typeorm';

/** `accountId` in code is `account_id` in both databases. */
export class SnakeCaseNaming extends DefaultNamingStrategy {
  override columnName(propertyName: string, customName: string | undefined): string {
    return customName ?? propertyName.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  }
}

/** 64-bit integers (epoch milliseconds, counters): PostgreSQL's driver gives them as text. */
export const asNumber: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (value: string | number | null) => (value === null ? null : Number(value)),
};
