import { positionsPerMs } from '../call-columns.js';
import type { PositionRange } from '../read/call-table.js';

const dayMs = 86_400_000;
const positionsPerDay = dayMs * positionsPerMs;

/** A UTC day, as the number of days since 1970. A row is of the day in which its position lies. */
export type Day = number;

export function dayOfPosition(position: number): Day {
  return Math.floor(position / positionsPerDay);
}

/** @param ms epoch milliseconds */
export function dayAt(ms: number): Day {
  return Math.floor(ms / dayMs);
}

export function positionsOf(day: Day): PositionRange {
  return { lowest: day * positionsPerDay, highest: (day + 1) * positionsPerDay - 1 };
}

/** `2026-11-26` */
export function nameOfDay(day: Day): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The day of that name, or `null` if it is none. */
export function dayNamed(name: string): Day | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(name)) return null;
  const day = Date.parse(`${name}T00:00:00Z`) / dayMs;
  return Number.isInteger(day) && nameOfDay(day) === name ? day : null;
}
