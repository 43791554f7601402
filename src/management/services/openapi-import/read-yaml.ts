import { Composer, type CST, type Document, Lexer, Parser } from 'yaml';
import { nestingMax } from './nesting.js';
import { type DataReading, dataOfYaml } from './yaml-data.js';

/**
 * Reads one YAML 1.2 document (core schema) as data.
 *
 * `yaml` composes by recursion, and `try`/`catch` is no guard for that: near the end of the stack V8 aborts the whole
 * process as soon as it has to compile a regular expression (seen with yaml 2.9 and 20,000 `[`). So the depth is bounded
 * before, on the parser that comes first, which keeps a stack of its own.
 */
export function readYaml(text: string): DataReading {
  const tokens = tokensOf(text);
  if (tokens === null) return { ok: false, why: `it nests more than ${nestingMax} levels deep` };
  // Not the library's own look for repeated keys: its cost grows with the square of a map's size. `dataOfYaml` looks.
  const composer = new Composer({ uniqueKeys: false, schema: 'core', resolveKnownTags: false });
  let document: Document.Parsed | null = null;
  for (const next of composer.compose(tokens, true, text.length)) {
    if (document !== null) return { ok: false, why: 'it holds several YAML documents' };
    document = next;
  }
  if (document === null) return { ok: false, why: 'it is empty' };
  const error = document.errors[0];
  if (error === undefined) return dataOfYaml(document.contents);
  const line = text.slice(0, error.pos[0]).split('\n').length;
  return { ok: false, why: `${error.message.slice(0, 200)} (line ${line})` };
}

function tokensOf(text: string): CST.Token[] | null {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > nestingMax) return null;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}
