/** How many, in the viewer's digits, with the word for one or for more: `1 route`, `1,204 routes`, `3 calls are`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}
