import { describe, expect, it } from '@jest/globals';
import { cpuMs } from '../../test/support/cpu-time.js';
import * as fc from 'fast-check';
import { numRuns } from '../../test/support/property-runs.js';
import {
  describeEngagement,
  isHapikeySegment,
  notableIn,
  readCredential,
  readSecretSentAs,
  type CredentialReading,
  type Engagement,
  type Presence,
} from './credential.js';

const secret = 'lk_prod_4fGhJkLmNoPqRsTuVwXyZ0123456789Ab0aB1cD';

type Line = readonly [name: string, value: string];

const read = (headers: readonly Line[], query = ''): CredentialReading =>
  readCredential(headers.flat(), query);

const authorization = (...values: string[]): Line[] =>
  values.map((value) => ['Authorization', value]);
const accessToken = (...values: string[]): Line[] =>
  values.map((value) => ['X-Access-Token', value]);

// prettier-ignore
describe('a credential that is found', () => {
  it.each<[name: string, headers: Line[], query: string, method: string, secret: string]>([
    ['hapikey alone', [], `hapikey=${secret}`, 'hapikey', secret],
    ['hapikey among others', [], `a=1&hapikey=${secret}&b=2`, 'hapikey', secret],
    ['#13 hap%69key', [], `hap%69key=${secret}`, 'hapikey', secret],
    ['#13 a wholly encoded name', [], `%68%61%70%69%6b%65%79=${secret}`, 'hapikey', secret],
    ['#13 a wholly encoded name in upper case hex', [], `hapi%6Bey=${secret}`, 'hapikey', secret],
    ['an encoded value', [], `hapikey=${secret.replaceAll('_', '%5F')}`, 'hapikey', secret],
    ['a value that holds =', [], 'hapikey=abc==', 'hapikey', 'abc=='],
    ['an encoded + in the value', [], 'hapikey=a%2Bb', 'hapikey', 'a+b'],
    ['a name decoded once only', [], `hap%2569key=x&hapikey=${secret}`, 'hapikey', secret],
    ['bearer', authorization(`Bearer ${secret}`), '', 'bearer', secret],
    ['#6 bearer in lower case', authorization(`bearer ${secret}`), '', 'bearer', secret],
    ['#6 BEARER in upper case', authorization(`BEARER ${secret}`), '', 'bearer', secret],
    ['#6 bEaReR in any case', authorization(`bEaReR ${secret}`), '', 'bearer', secret],
    ['#7 two spaces after Bearer', authorization(`Bearer  ${secret}`), '', 'bearer', secret],
    ['a header name in capitals', [['AUTHORIZATION', `Bearer ${secret}`]], '', 'bearer', secret],
    ['access token', accessToken(secret), '', 'access_token', secret],
    ['x-access-token', [['x-access-token', secret]], '', 'access_token', secret],
    ['hapikey beside Basic', authorization('Basic eDp5'), `hapikey=${secret}`, 'hapikey', secret],
    ['hapikey beside an empty Authorization', authorization(''), 'hapikey=x', 'hapikey', 'x'],
    ['bearer beside an empty hapikey', authorization('Bearer x'), 'hapikey=', 'bearer', 'x'],
    ['bearer beside HAPIKEY', authorization('Bearer x'), 'HAPIKEY=y', 'bearer', 'x'],
    ['access token beside Basic', [...accessToken('x'), ...authorization('Basic y')], '', 'access_token', 'x'],
    ['#11 a 9 KB token is read and left to the look-up', authorization(`Bearer ${'a'.repeat(9216)}`), '', 'bearer', 'a'.repeat(9216)],
    ['#12 a non-ASCII token', authorization('Bearer schl\u00fcssel'), '', 'bearer', 'schl\u00fcssel'],
    ['#12 a no-break space belongs to the token', authorization(`Bearer ${secret}\u00a0`), '', 'bearer', `${secret}\u00a0`],
    ['#12 a no-break space belongs to the access token', accessToken(`\u00a0${secret}`), '', 'access_token', `\u00a0${secret}`],
    ['#12 a no-break space alone as access token', accessToken('\u00a0'), '', 'access_token', '\u00a0'],
    ['#12 %00 in hapikey', [], 'hapikey=abc%00', 'hapikey', 'abc\u0000'],
    ['#14 a+b in hapikey is a space', [], 'hapikey=a+b', 'hapikey', 'a b'],
    ['#14 %FF stays as it is', [], 'hapikey=%FF', 'hapikey', '%FF'],
    ['#14 an overlong %C0%80 stays as it is', [], 'hapikey=%C0%80', 'hapikey', '%C0%80'],
    ['#14 a lone % stays as it is', [], 'hapikey=100%+x', 'hapikey', '100%+x'],
    ['#19 beside __proto__ as header and parameter', [['__proto__', 'x'], ...accessToken('y')], '__proto__=1&__proto__[a]=2', 'access_token', 'y'],
  ])('%s', (_name, headers, query, method, expected) => {
    expect(read(headers, query)).toMatchObject({ kind: 'found', method, secret: expected });
  });
});

// prettier-ignore
describe('a credential that is missing', () => {
  it.each<[name: string, headers: Line[], query: string, presence: Partial<Engagement>]>([
    ['#1 nothing at all', [], '', { hapikey: 'absent', bearer: 'absent', accessToken: 'absent' }],
    ['#3 hapikey[]=a', [], `hapikey[]=${secret}`, { hapikey: 'absent' }],
    ['#3 hapikey[x]=a', [], `hapikey[x]=${secret}`, { hapikey: 'absent' }],
    ['#3 hapikey%5B%5D=a', [], `hapikey%5B%5D=${secret}`, { hapikey: 'absent' }],
    ['#4 hapikey=', [], 'hapikey=', { hapikey: 'empty' }],
    ['#4 bare hapikey', [], 'a=1&hapikey', { hapikey: 'empty' }],
    ['#4 hap%69key=', [], 'hap%69key=', { hapikey: 'empty' }],
    ['#10 Basic only', authorization('Basic eDp5'), '', { bearer: 'other_scheme' }],
    ['#10 a scheme that begins with Bearer', authorization(`Bearerish ${secret}`), '', { bearer: 'other_scheme' }],
    ['#10 the secret alone, without a scheme', authorization(secret), '', { bearer: 'other_scheme' }],
    ['#10 Digest with commas', authorization('Digest username="a", realm="b"'), '', { bearer: 'other_scheme' }],
    ['#16 a hapikey in a cookie', [['Cookie', `hapikey=${secret}`]], '', { hapikey: 'absent' }],
    ['#16 a hapikey as a header', [['hapikey', secret]], '', { hapikey: 'absent' }],
    ['#17 HAPIKEY=', [], `HAPIKEY=${secret}`, { hapikey: 'absent' }],
    ['#17 Hapikey=', [], `Hapikey=${secret}`, { hapikey: 'absent' }],
    ['#19 __proto__ as header and parameter', [['__proto__', secret]], `__proto__=${secret}`, { hapikey: 'absent' }],
    ['a name encoded twice', [], `hap%2569key=${secret}`, { hapikey: 'absent' }],
    ['a name with a bad escape', [], `hap%key=${secret}`, { hapikey: 'absent' }],
    ['a longer name', [], `hapikey2=${secret}&xhapikey=${secret}`, { hapikey: 'absent' }],
    ['a name with a space', [], `+hapikey=${secret}&hapikey+=${secret}`, { hapikey: 'absent' }],
    ['a semicolon does not part parameters', [], `a=1;hapikey=${secret}`, { hapikey: 'absent' }],
    ['the name as a value', [], 'a=hapikey', { hapikey: 'absent' }],
    ['an empty Authorization', authorization(''), '', { bearer: 'empty' }],
    ['an empty X-Access-Token', accessToken(''), '', { accessToken: 'empty' }],
    ['another header of the same length', [['Authorizatiom', `Bearer ${secret}`], ['X-Access_Token', secret]], '', { bearer: 'absent', accessToken: 'absent' }],
    ['Proxy-Authorization', [['Proxy-Authorization', `Bearer ${secret}`]], '', { bearer: 'absent' }],
    ['access_token in the query (RFC 6750 §2.3)', [], `access_token=${secret}`, { hapikey: 'absent' }],
  ])('%s', (_name, headers, query, presence) => {
    expect(read(headers, query)).toMatchObject({ kind: 'missing', engagement: presence });
  });
});

// prettier-ignore
describe('a credential that is malformed', () => {
  it.each<[name: string, headers: Line[], query: string, presence: Partial<Engagement>, candidates: string[]]>([
    ['#2 hapikey twice', [], 'hapikey=a&hapikey=b', { hapikey: 'repeated' }, ['a', 'b']],
    ['#2 hapikey twice, equal', [], 'hapikey=a&hapikey=a', { hapikey: 'repeated' }, ['a', 'a']],
    ['#2 hapikey twice, one of them empty', [], 'hapikey=&hapikey=a', { hapikey: 'repeated' }, ['a']],
    ['#2 hapikey twice, both empty', [], 'hapikey&hapikey=', { hapikey: 'repeated' }, []],
    ['#2 hapikey and hap%69key', [], 'hapikey=a&hap%69key=b', { hapikey: 'repeated' }, ['a', 'b']],
    ['#5 hapikey and bearer', authorization('Bearer b'), 'hapikey=a', { hapikey: 'engaged', bearer: 'engaged' }, ['a', 'b']],
    ['#5 hapikey and bearer, equal', authorization('Bearer a'), 'hapikey=a', { hapikey: 'engaged', bearer: 'engaged' }, ['a', 'a']],
    ['#5 hapikey and access token', accessToken('b'), 'hapikey=a', { hapikey: 'engaged', accessToken: 'engaged' }, ['a', 'b']],
    ['#5 bearer and access token', [...accessToken('b'), ...authorization('Bearer a')], '', { bearer: 'engaged', accessToken: 'engaged' }, ['a', 'b']],
    ['#5 all three', [...accessToken('c'), ...authorization('Bearer b')], 'hapikey=a', {}, ['a', 'b', 'c']],
    ['#7 a tab after Bearer', authorization('Bearer\tx'), '', { bearer: 'bad_syntax' }, ['x']],
    ['#7 a space and a tab after Bearer', authorization('Bearer \tx'), '', { bearer: 'bad_syntax' }, ['x']],
    ['#7 two tokens', authorization('Bearer x y'), '', { bearer: 'bad_syntax' }, []],
    ['#8 Bearer alone', authorization('Bearer'), '', { bearer: 'token_missing' }, []],
    ['#8 Bearer and spaces', authorization('Bearer   '), '', { bearer: 'token_missing' }, []],
    ['#9 two Authorization headers are malformed', authorization('Bearer a', 'Bearer b'), '', { bearer: 'repeated' }, ['a', 'b']],
    ['#9 two Authorization headers in different case', [['authorization', 'Bearer a'], ['AUTHORIZATION', 'Bearer a']], '', { bearer: 'repeated' }, ['a', 'a']],
    ['#9 two Authorization headers, both empty', authorization('', ''), '', { bearer: 'repeated' }, []],
    ['#9 Basic, then Bearer', authorization('Basic x', 'Bearer b'), '', { bearer: 'repeated' }, ['b']],
    ['#9 Bearer A, Bearer B', authorization('Bearer a, Bearer b'), '', { bearer: 'list' }, ['a', 'b']],
    ['#9 Basic x, Bearer B', authorization('Basic x, Bearer b'), '', { bearer: 'list' }, ['b']],
    ['#9 Basic x,Bearer B', authorization('Basic x,bearer b'), '', { bearer: 'list' }, ['b']],
    ['#9 Bearer a,', authorization('Bearer a,'), '', { bearer: 'list' }, ['a']],
    ['#9 Bearer,a', authorization('Bearer,a'), '', { bearer: 'list' }, []],
    ['two X-Access-Token headers', accessToken('a', 'b'), '', { accessToken: 'repeated' }, ['a', 'b']],
    ['two X-Access-Token headers, one empty', accessToken('', 'b'), '', { accessToken: 'repeated' }, ['b']],
    ['a list in X-Access-Token', accessToken('a, b'), '', { accessToken: 'list' }, ['a', 'b']],
    ['a comma in X-Access-Token', accessToken(','), '', { accessToken: 'list' }, []],
    ['a space in X-Access-Token', accessToken('a b'), '', { accessToken: 'bad_syntax' }, ['a b']],
    ['Bearer in X-Access-Token', accessToken('Bearer a'), '', { accessToken: 'bad_syntax' }, ['Bearer a']],
    ['a tab in X-Access-Token', accessToken('a\tb'), '', { accessToken: 'bad_syntax' }, ['a\tb']],
    ['a good hapikey beside a malformed bearer', authorization('Bearer'), 'hapikey=a', { hapikey: 'engaged', bearer: 'token_missing' }, ['a']],
  ])('%s', (_name, headers, query, presence, candidates) => {
    const reading = read(headers, query);
    expect(reading).toMatchObject({ kind: 'malformed', engagement: presence });
    expect(reading).toHaveProperty('candidates', candidates);
  });

  it('at most four candidates are looked at, the empty ones aside', () => {
    const reading = read(authorization('Bearer f'), 'hapikey=&hapikey=&hapikey=a&hapikey=b&hapikey=c&hapikey=d&hapikey=e');
    expect(reading).toMatchObject({ kind: 'malformed', candidates: ['a', 'b', 'c', 'd'] });
  });

  it('a genuine secret among a list in a header is still a candidate', () => {
    expect(read(authorization(`Bearer ${secret}, Basic x`))).toMatchObject({ candidates: [secret] });
  });
});

// prettier-ignore
describe('the engagement', () => {
  const sentences = (headers: readonly Line[], query = '') =>
    describeEngagement(read(headers, query).engagement);

  it.each<[name: string, headers: Line[], query: string, method: string, sentence: string]>([
    ['absent hapikey', [], '', 'hapikey', 'not engaged: hapikey is not in the query'],
    ['#4 empty hapikey', [], 'hapikey=', 'hapikey', 'not engaged: hapikey is present in the query but empty'],
    ['#4 bare hapikey', [], 'hapikey', 'hapikey', 'not engaged: hapikey is present in the query but empty'],
    ['#2 repeated hapikey', [], 'hapikey=a&hapikey=a', 'hapikey', 'malformed: hapikey is present more than once; send it exactly once'],
    ['engaged hapikey', [], 'hapikey=a', 'hapikey', 'engaged'],
    ['absent Authorization', [], '', 'oauth-token', 'not engaged: there is no Authorization header'],
    ['empty Authorization', authorization(''), '', 'oauth-token', 'not engaged: the Authorization header is present but empty'],
    ['#10 another scheme', authorization('Basic x'), '', 'oauth-token', 'not engaged: the Authorization header is present but its scheme is not Bearer'],
    ['#8 Bearer without a token', authorization('Bearer'), '', 'oauth-token', 'malformed: the Authorization header says Bearer but no token follows'],
    ['#9 repeated Authorization', authorization('Bearer a', 'Bearer a'), '', 'oauth-token', 'malformed: Authorization is present more than once; send it exactly once'],
    ['#9 a list', authorization('Bearer a, Bearer b'), '', 'oauth-token', 'malformed: the Authorization header holds a list; send one credential'],
    ['#7 a tab', authorization('Bearer\ta'), '', 'oauth-token', 'malformed: the Authorization header must be "Bearer", one or more spaces, and one token without spaces or tabs'],
    ['engaged bearer', authorization('Bearer a'), '', 'oauth-token', 'engaged'],
    ['absent X-Access-Token', [], '', 'x-access-token', 'not engaged: there is no X-Access-Token header'],
    ['empty X-Access-Token', accessToken(''), '', 'x-access-token', 'not engaged: the X-Access-Token header is present but empty'],
    ['repeated X-Access-Token', accessToken('a', 'a'), '', 'x-access-token', 'malformed: X-Access-Token is present more than once; send it exactly once'],
    ['a list in X-Access-Token', accessToken('a,b'), '', 'x-access-token', 'malformed: the X-Access-Token header holds a list; send one credential'],
    ['a space in X-Access-Token', accessToken('a b'), '', 'x-access-token', 'malformed: the X-Access-Token header holds a space or a tab'],
    ['engaged X-Access-Token', accessToken('a'), '', 'x-access-token', 'engaged'],
  ])('says: %s', (_name, headers, query, method, sentence) => {
    expect(sentences(headers, query)).toHaveProperty([method], sentence);
  });

  it('has one line per method, under the names of the contract', () => {
    expect(Object.keys(sentences([]))).toEqual(['hapikey', 'oauth-token', 'x-access-token']);
  });
});

describe('isHapikeySegment', () => {
  it.each([
    ['hapikey', true],
    ['hapikey=', true],
    ['hapikey=a=b', true],
    ['hap%69key=a', true],
    ['%68apikey', true],
    ['hap%2569key=a', false],
    ['HAPIKEY=a', false],
    ['hapikey[]=a', false],
    ['hapike', false],
    ['hapikey%00=a', false],
    ['hapikey%=a', false],
    ['%ZZhapikey=a', false],
    ['=hapikey', false],
    ['', false],
  ])('%s: %s', (segment, expected) => {
    expect(isHapikeySegment(segment)).toBe(expected);
  });
});

// A second reading of contract §2, made from what was meant instead of from the text that was sent.

interface SentParameter {
  readonly name: string;
  readonly value: string | null;
  /** For each character of name and value: 0 as it is (where that is possible), 1 `%xx`, 2 `%XX`. */
  readonly coding: readonly number[];
}

// prettier-ignore
interface SentLine {
  readonly header: 'authorization' | 'access_token' | 'other';
  readonly capitals: boolean;
  readonly form:
    | { readonly kind: 'empty' | 'scheme_alone' | 'basic' }
    | { readonly kind: 'one' | 'tab' | 'list' | 'spaced'; readonly token: string; readonly spaces: number };
}

const tokens = fc.string({ unit: fc.constantFrom(...'abZ09-._~+/='), minLength: 1, maxLength: 6 });

// prettier-ignore
const sentParameter: fc.Arbitrary<SentParameter> = fc.record({
  name: fc.oneof(
    { weight: 4, arbitrary: fc.constant('hapikey') },
    { weight: 3, arbitrary: fc.constantFrom('HAPIKEY', 'hapikey[]', 'hapike', 'hapikeyy', 'a', '') },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }) },
  ),
  value: fc.option(fc.oneof(tokens, fc.string({ unit: 'grapheme', maxLength: 6 })), { freq: 5 }),
  coding: fc.array(fc.nat(2), { minLength: 1, maxLength: 12 }),
});

const sentLine: fc.Arbitrary<SentLine> = fc.record({
  header: fc.constantFrom('authorization', 'access_token', 'other'),
  capitals: fc.boolean(),
  form: fc.oneof(
    fc.record({ kind: fc.constantFrom('empty', 'scheme_alone', 'basic') }),
    fc.record({
      kind: fc.constantFrom('one', 'one', 'one', 'tab', 'list', 'spaced'),
      token: tokens,
      spaces: fc.integer({ min: 1, max: 3 }),
    }),
  ),
});

function print(text: string, coding: readonly number[]): string {
  return [...text]
    .map((character, i) => {
      const how = coding[i % coding.length];
      if (how === 0 && character === ' ') return '+';
      if (how === 0 && /^[A-Za-z0-9[\]\-._~]$/.test(character)) return character;
      const hex = Buffer.from(character).toString('hex').replace(/../g, '%$&');
      return how === 1 ? hex : hex.toUpperCase();
    })
    .join('');
}

function printParameter({ name, value, coding }: SentParameter): string {
  const printedName = print(name, coding);
  return value === null ? printedName : `${printedName}=${print(value, [...coding].reverse())}`;
}

// prettier-ignore
function printLine({ header, capitals, form }: SentLine): Line {
  const names = { authorization: 'Authorization', access_token: 'X-Access-Token', other: 'Cookie' };
  const name = capitals ? names[header].toUpperCase() : names[header].toLowerCase();
  return [name, header === 'access_token' ? accessTokenText(form) : authorizationText(form, capitals)];
}

function authorizationText(form: SentLine['form'], capitals: boolean): string {
  const scheme = capitals ? 'BEARER' : 'Bearer';
  switch (form.kind) {
    case 'empty':
      return '';
    case 'scheme_alone':
      return scheme;
    case 'basic':
      return 'Basic eDp5';
    case 'one':
      return `${scheme}${' '.repeat(form.spaces)}${form.token}`;
    case 'tab':
      return `${scheme}\t${form.token}`;
    case 'list':
      return `${scheme} ${form.token}, ${scheme} ${form.token}`;
    case 'spaced':
      return `${scheme} ${form.token} ${form.token}`;
  }
}

function accessTokenText(form: SentLine['form']): string {
  switch (form.kind) {
    case 'empty':
      return '';
    case 'scheme_alone':
    case 'basic':
      return 'x';
    case 'one':
      return form.token;
    case 'tab':
      return `${form.token}\t${form.token}`;
    case 'list':
      return `${form.token}, ${form.token}`;
    case 'spaced':
      return `${form.token} ${form.token}`;
  }
}

interface Meant {
  readonly presence: Presence;
  readonly values: readonly string[];
}

function meantHapikey(parameters: readonly SentParameter[]): Meant {
  const values = parameters
    .filter(({ name }) => name === 'hapikey')
    .map(({ value }) => value ?? '');
  if (values.length === 0) return { presence: 'absent', values };
  if (values.length > 1) return { presence: 'repeated', values };
  return { presence: values[0] === '' ? 'empty' : 'engaged', values };
}

function meantHeader(lines: readonly SentLine[], header: SentLine['header']): Meant {
  const forms = lines.filter((line) => line.header === header).map((line) => line.form);
  const bearer = header === 'authorization';
  const values = forms.flatMap((form) => {
    if (!('token' in form)) {
      return !bearer && form.kind !== 'empty' ? ['x'] : [];
    }
    const { kind, token } = form;
    if (kind === 'list') return [token, token];
    if (kind === 'one') return [token];
    if (bearer) return kind === 'tab' ? [token] : [];
    return [`${token}${kind === 'tab' ? '\t' : ' '}${token}`];
  });
  const [form] = forms;
  if (form === undefined) return { presence: 'absent', values };
  if (forms.length > 1) return { presence: 'repeated', values };
  const presences: Record<SentLine['form']['kind'], Presence> = {
    empty: 'empty',
    scheme_alone: bearer ? 'token_missing' : 'engaged',
    basic: bearer ? 'other_scheme' : 'engaged',
    one: 'engaged',
    tab: 'bad_syntax',
    list: 'list',
    spaced: 'bad_syntax',
  };
  return { presence: presences[form.kind], values };
}

// prettier-ignore
function meantReading(parameters: readonly SentParameter[], lines: readonly SentLine[]) {
  const hapikey = meantHapikey(parameters);
  const bearer = meantHeader(lines, 'authorization');
  const token = meantHeader(lines, 'access_token');
  const engagement = { hapikey: hapikey.presence, bearer: bearer.presence, accessToken: token.presence };
  const all = [hapikey, bearer, token];
  const fine: readonly Presence[] = ['absent', 'empty', 'other_scheme', 'engaged'];
  const engaged = all.filter(({ presence }) => presence === 'engaged');
  if (engaged.length > 1 || all.some(({ presence }) => !fine.includes(presence))) {
    const candidates = all.flatMap(({ values }) => values).filter((value) => value !== '').slice(0, 4);
    return { kind: 'malformed', engagement, candidates };
  }
  const [one] = engaged;
  if (one === undefined) return { kind: 'missing', engagement };
  const method = one === hapikey ? 'hapikey' : one === bearer ? 'bearer' : 'access_token';
  return { kind: 'found', method, secret: one.values[0], engagement };
}

describe('any request', () => {
  it('is read as it was meant', () => {
    fc.assert(
      fc.property(
        fc.array(sentParameter, { maxLength: 4 }),
        fc.array(sentLine, { maxLength: 3 }),
        (parameters, lines) => {
          const query = parameters.map(printParameter).join('&');
          const headers = lines.flatMap(printLine);
          expect(readCredential(headers, query)).toEqual(meantReading(parameters, lines));
        },
      ),
      { numRuns },
    );
  });

  const bytes = fc.string({ unit: 'binary', maxLength: 40 });
  // prettier-ignore
  const bits = fc.constantFrom('hapikey', '=', '&', '%', '%69', 'Bearer', 'bearer ', ' ', '\t', ',', '\u00a0', '\u0000', 'x', 'Basic', ';');
  const junk = fc.oneof(
    bytes,
    fc.array(bits, { maxLength: 8 }).map((parts) => parts.join('')),
  );
  // prettier-ignore
  const junkName = fc.oneof(bytes, fc.constantFrom('authorization', 'Authorization', 'x-access-token', '__proto__', 'constructor'));
  const junkRequest = fc.tuple(fc.array(fc.tuple(junkName, junk), { maxLength: 4 }), junk);

  it('of junk does not throw, and what is found is one non-empty text', () => {
    fc.assert(
      fc.property(junkRequest, ([headers, query]) => {
        const reading = readCredential(headers.flat(), query);
        const engaged = Object.values(reading.engagement).filter((one) => one === 'engaged');
        if (reading.kind === 'found') {
          expect(reading.secret).toEqual(expect.stringMatching(/^[^]+$/));
          expect(engaged).toHaveLength(1);
        } else if (reading.kind === 'malformed') {
          expect(reading.candidates.length).toBeLessThanOrEqual(4);
          expect(reading.candidates).not.toContain('');
        } else {
          expect(engaged).toHaveLength(0);
        }
      }),
      { numRuns },
    );
  });

  it('is told of in fixed sentences that echo nothing of it', () => {
    // prettier-ignore
    const presences: Presence[] = ['absent', 'empty', 'other_scheme', 'repeated', 'token_missing', 'list', 'bad_syntax', 'engaged'];
    const all = presences.flatMap((presence) =>
      // prettier-ignore
      Object.values(describeEngagement({ hapikey: presence, bearer: presence, accessToken: presence })),
    );
    const fixed = new Set(all);
    fc.assert(
      fc.property(junkRequest, ([headers, query]) => {
        const { engagement } = readCredential(headers.flat(), query);
        for (const sentence of Object.values(describeEngagement(engagement))) {
          expect(fixed).toContain(sentence);
        }
      }),
      { numRuns },
    );
  });

  it.each([
    ['16 KB of &', [], '&'.repeat(16_384)],
    ['16 KB of %', [], `hapikey=${'%'.repeat(16_384)}`],
    ['8,000 hapikeys', [], 'hapikey&'.repeat(8_000)],
    ['Bearer and 16 KB of spaces', [`Bearer${' '.repeat(16_384)}x${' '.repeat(100)}y`], ''],
    ['Bearer, spaces, x, spaces, y', [`Bearer${' '.repeat(8_192)}x${' '.repeat(8_192)}y`], ''],
    ['16 KB of commas', [','.repeat(16_384)], ''],
    ['16 KB of commas and tabs', [`x${',\t'.repeat(8_192)}`], ''],
    ['a comma and 16 KB of tabs', [`x,${'\t'.repeat(16_384)}`], ''],
  ])('hostile, %s, is read at once', (_name, values, query) => {
    const headers = [...authorization(...values), ...accessToken(...values)].flat();
    const startedAt = cpuMs();
    const { kind } = readCredential(headers, query);
    expect(cpuMs() - startedAt).toBeLessThan(200);
    expect(['found', 'missing', 'malformed']).toContain(kind);
  });
});

describe('what a caller is told first', () => {
  it.each<[name: string, headers: string[], query: string, told: string | undefined]>([
    ['nothing was sent', [], '', undefined],
    ['#4 hapikey is empty', [], 'hapikey=', 'hapikey is present in the query but empty'],
    [
      '#10 another scheme',
      ['Authorization', 'Basic eA=='],
      '',
      'the Authorization header is present but its scheme is not Bearer',
    ],
    [
      '#5 two methods',
      ['Authorization', 'Bearer x'],
      'hapikey=y',
      'more than one was received, as hapikey and oauth-token',
    ],
    [
      '#2 twice',
      [],
      'hapikey=a&hapikey=a',
      'hapikey is present more than once; send it exactly once',
    ],
    [
      '#8 no token',
      ['Authorization', 'Bearer'],
      '',
      'the Authorization header says Bearer but no token follows',
    ],
  ])('%s', (_name, headers, query, told) => {
    expect(notableIn(readCredential(headers, query).engagement)).toBe(told);
  });
});

describe('a secret that somebody else took out of a request', () => {
  const absent = { hapikey: 'absent', bearer: 'absent', accessToken: 'absent' } as const;

  it.each([
    ['bearer', 'bearer'],
    ['hapikey', 'hapikey'],
    ['access_token', 'accessToken'],
  ] as const)('sent as %s is read as if it had come here', (method, place) => {
    const engagement = { ...absent, [place]: 'engaged' };
    expect(readSecretSentAs(method, secret)).toEqual({ kind: 'found', method, secret, engagement });
    const empty = { ...absent, [place]: 'empty' };
    expect(readSecretSentAs(method, '')).toEqual({ kind: 'missing', engagement: empty });
  });

  it.each<[name: string, method: 'bearer' | 'access_token', text: string, presence: Presence, candidates: string[]]>([
    ['the whole header', 'bearer', `Bearer ${secret}`, 'bad_syntax', ['Bearer', secret]],
    ['a list', 'bearer', `a, ${secret}`, 'list', ['a', secret]],
    ['a space behind it', 'access_token', `${secret} `, 'bad_syntax', [secret]],
    ['a list of access tokens', 'access_token', `${secret},b`, 'list', [secret, 'b']],
    ['only spaces', 'bearer', '  ', 'token_missing', []],
  ])('%s is malformed, and what could be a secret in it is found', (_name, method, text, presence, candidates) => {
    const place = method === 'bearer' ? 'bearer' : 'accessToken';
    const engagement = { ...absent, [place]: presence };
    expect(readSecretSentAs(method, text)).toEqual({ kind: 'malformed', engagement, candidates });
  }); // prettier-ignore

  it('as hapikey it is decoded already: whatever it holds is looked up as it is', () => {
    expect(readSecretSentAs('hapikey', 'a b,%41')).toMatchObject({
      kind: 'found',
      secret: 'a b,%41',
    });
  });

  it('a quarter of a megabyte is read quickly', () => {
    const texts = [' ', ',', 'a', 'Bearer ', 'a ,'].map((piece) =>
      piece.repeat(262_144 / piece.length),
    );
    const before = cpuMs();
    for (const text of texts)
      for (const method of ['bearer', 'hapikey', 'access_token'] as const)
        readSecretSentAs(method, text);
    expect(cpuMs() - before).toBeLessThan(1_000);
  });
});
