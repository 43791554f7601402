/** A time as people read it: `2027-01-31 12:00:00 UTC`. @param time ISO 8601, in UTC */
export function shownTime(time: string): string {
  return `${time.slice(0, 19).replace('T', ' ')} UTC`;
}
