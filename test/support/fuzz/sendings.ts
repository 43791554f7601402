import * as fc from 'fast-check';
import { anyBytes, mostly } from './parts.js';
import { sending, sendingOf, type Sending, type Wire } from './sending.js';

/** Requests on their way: one by one, several at once, in pieces, broken off, damaged, or with their sender gone. */
export function sendings(
  requests: fc.Arbitrary<Wire>,
  damageable: fc.Arbitrary<Wire> = requests,
): fc.Arbitrary<Sending> {
  return fc.oneof(
    { weight: 12, arbitrary: requests.map(sendingOf) },
    { weight: 2, arbitrary: pipelined(requests) },
    { weight: 1, arbitrary: inPieces(requests.map(sendingOf)) },
    { weight: 3, arbitrary: damaged(damageable) },
    { weight: 1, arbitrary: brokenOff(damageable) },
    { weight: 1, arbitrary: anyBytes(200).map((text) => open(text)) },
  );
}

function pipelined(requests: fc.Arbitrary<Wire>): fc.Arbitrary<Sending> {
  // Node drops what comes in one piece with a request to upgrade, and answers no more than that.
  const whole = requests.filter(
    ({ ending, text }) => ending === 'whole' && !/^upgrade:/im.test(text),
  );
  return fc
    .tuple(fc.array(whole, { minLength: 1, maxLength: 3 }), requests)
    .map(([before, last]) => {
      const { methods, ending } = sendingOf(last);
      const text = [...before, last].map((request) => request.text).join('');
      return sending([text], [...before.map(({ method }) => method), ...methods], ending);
    });
}

function inPieces(whole: fc.Arbitrary<Sending>): fc.Arbitrary<Sending> {
  return fc.tuple(whole, fc.array(fc.nat(), { minLength: 1, maxLength: 3 })).map(([sent, cuts]) => {
    const text = sent.pieces.join('');
    const ends = cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b);
    const pieces = [...ends, text.length].map((end, i) => text.slice(ends[i - 1] ?? 0, end));
    return sending(
      pieces.filter((piece) => piece !== ''),
      sent.methods,
      sent.ending,
    );
  });
}

/** A few bytes changed, added, taken away or said twice, anywhere. */
function damaged(requests: fc.Arbitrary<Wire>): fc.Arbitrary<Sending> {
  const damage = fc.record({
    at: fc.nat(),
    drop: mostly(fc.nat(3), fc.nat(200)),
    insert: fc.oneof(
      anyBytes(4),
      fc.constantFrom('\r\n', '\n', '\r', '\0', ' ', ':', '%', '#', '\r\n\r\n', '\xff'),
    ),
  });
  return fc
    .tuple(requests, fc.array(damage, { minLength: 1, maxLength: 3 }))
    .map(([request, damages]) => {
      let { text } = withoutHead(request);
      for (const { at, drop, insert } of damages) {
        const from = at % (text.length + 1);
        text = text.slice(0, from) + insert + text.slice(from + drop);
      }
      return open(text);
    });
}

function brokenOff(requests: fc.Arbitrary<Wire>): fc.Arbitrary<Sending> {
  return fc.tuple(requests, fc.nat(), fc.boolean()).map(([request, at, isReset]) => {
    const { text } = withoutHead(request);
    return open(text.slice(0, at % (text.length + 1)), isReset ? 'reset' : 'open');
  });
}

/** An answer to HEAD can only be told from another where it is sure that HEAD was read. */
function withoutHead(request: Wire): Wire {
  return { ...request, text: request.text.replace(/^HEAD /, 'GET ') };
}

function open(text: string, ending: 'open' | 'reset' = 'open'): Sending {
  return sending([text], [], ending);
}
