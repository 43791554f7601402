/** The body of an action: none, or `{}`. */
export class EmptyRequest {}
