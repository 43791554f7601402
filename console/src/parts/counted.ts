/** How many there are, with the word for one of them: `1 route`, `1,204 routes`. */
export function counted(count: number, what: string): string {
  return `${count.toLocaleString()} ${what}${count === 1 ? '' : 's'}`;
}
