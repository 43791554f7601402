/** By which PostgreSQL shows the connection of a writer, for as long as it has one: so it can be seen that its run goes on. */
export function connectionNameOf(runId: string): string {
  return `latchkey call log ${runId}`;
}
