import * as fc from 'fast-check';
import type { Presented } from './credentials.js';
import { badlyFramed, noBody, wellFramed, type Framing } from './framings.js';
import { headerLines, hostLine } from './header-parts.js';
import { mostly, sound, unsound, type Part } from './parts.js';
import type { Wire } from './sending.js';

/** What a request is about; how it is put on the wire is added here. */
export interface Question {
  readonly method: Part;
  /** Without the parameters that the credential adds. */
  readonly target: Part;
  readonly presented: Presented;
  /** Lines of its own, such as `Content-Type`. */
  readonly lines: string;
  /** Latin-1, or `null` if there is none. */
  readonly body: string | null;
}

/** Node answers what is larger by itself, whatever the method: no HEAD is as long. */
const headBytesMax = 12_000;

/** @param secret what turns up where no secret belongs */
export function requestsFor(
  questions: fc.Arbitrary<Question>,
  secret: fc.Arbitrary<string>,
): fc.Arbitrary<Wire> {
  return questions.chain((question) =>
    fc
      .tuple(version, hostLine, headerLines(secret), framingOf(question.body))
      .map((parts) => put(question, ...parts)),
  );
}

const version = mostly(
  fc.constantFrom(sound('HTTP/1.1'), sound('HTTP/1.1'), sound('HTTP/1.0')),
  fc.constantFrom('HTTP/2.0', 'HTTP/1.2', 'HTTP/0.9', 'HTTP/1.1 ', 'http/1.1', 'HTTP/11', '').map(unsound), // prettier-ignore
  19,
);

function framingOf(body: string | null): fc.Arbitrary<Framing> {
  if (body === null) return mostly(fc.constant(noBody), badlyFramed(''), 19);
  return mostly(wellFramed(body), badlyFramed(body), 9);
}

function put(
  { method, target, presented, lines, body: _ }: Question,
  protocol: Part,
  host: Part,
  others: Part,
  framing: Framing,
): Wire {
  const credential = presented.lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const path = withParameters(target.text, presented.parameters);
  const first = `${path} ${protocol.text}\r\n${host.text}${credential}${others.text}`;
  // HTTP/1.0 has no chunks: what looks like them is refused.
  const isSound =
    [method, target, protocol, host, others].every((part) => part.sound) &&
    /^[\x21-\x7e]*$/.test(path) &&
    !/[^\t\x20-\x7e\x80-\xff]/.test(credential.replaceAll('\r\n', '')) &&
    first.length < headBytesMax;
  // Node's parser takes it for HTTP/2's preface, and waits for the rest of that.
  const isPreface = method.text === 'PRI';
  const unsound = isPreface ? 'open' : 'settled';
  const ending = isSound || framing.ending !== 'whole' ? framing.ending : unsound;
  // What a refused request's answer looks like does not depend on its method.
  const name = ending === 'whole' || method.text !== 'HEAD' ? method.text : 'GET';
  const head = `${name} ${first}${lines}${framing.lines}\r\n`;
  return { text: head + framing.body, method: name, ending };
}

function withParameters(target: string, parameters: readonly string[]): string {
  if (parameters.length === 0) return target;
  const joined = parameters.join('&');
  const fragment = target.indexOf('#');
  const [before, after] =
    fragment === -1 ? [target, ''] : [target.slice(0, fragment), target.slice(fragment)];
  return `${before}${before.includes('?') ? '&' : '?'}${joined}${after}`;
}
