import { readRequestTarget } from './request-path.js';

/** One segment of a template: literal text and parameters in turn. */
export type TemplatePart = { readonly literal: string } | { readonly parameter: string };

export interface RouteTemplate {
  readonly segments: readonly (readonly TemplatePart[])[];
  /** A final `/*`: whatever follows. */
  readonly rest: boolean;
}

export type TemplateReading =
  | { readonly ok: true; readonly template: RouteTemplate }
  | { readonly ok: false; readonly why: string };

const lengthMax = 1024;
const parametersPerSegmentMax = 3;

/** Reads a path template such as `/contacts/{id}`, `/reports/{year}-{month}.csv`, `/lists/{id}:archive` or `/files/*`. */
export function parseRouteTemplate(text: string): TemplateReading {
  if (!text.startsWith('/')) return refuse('a path starts with /');
  if (text.length > lengthMax) return refuse(`a path has at most ${lengthMax} characters`);
  if (/[?#]/.test(text)) return refuse('a path holds neither a query (?) nor a fragment (#)');
  if (/\s/.test(text)) return refuse('a path holds no white space');
  if (/\p{Surrogate}/u.test(text)) return refuse('a path holds no half characters');
  const rest = text.endsWith('/*');
  const body = rest ? text.slice(0, -2) : text;
  if (body.includes('*')) return refuse('a * stands for the rest of a path, as its last segment');
  const names = new Set<string>();
  const segments: TemplatePart[][] = [];
  for (const segmentText of rest && body === '' ? [] : body.slice(1).split('/')) {
    const segment = parseSegment(segmentText);
    if (typeof segment === 'string') return refuse(segment);
    for (const part of segment) {
      if (!('parameter' in part)) continue;
      if (names.has(part.parameter))
        return refuse(`the parameter {${part.parameter}} stands there twice`);
      names.add(part.parameter);
    }
    segments.push(segment);
  }
  // Literals must be what a request's path can be, or the route could never be reached.
  const samples = [
    ...segments.map((parts) => parts.map(sampleOf).join('')),
    ...(rest ? ['x'] : []),
  ];
  const sample = readRequestTarget(`/${samples.join('/')}`).path;
  return sample.valid ? { ok: true, template: { segments, rest } } : refuse(sample.detail);
}

function parseSegment(text: string): TemplatePart[] | string {
  const parts: TemplatePart[] = [];
  let parameters = 0;
  for (const piece of text.split(/(\{[^{}]*\})/).filter((part) => part !== '')) {
    if (!/^\{.*\}$/.test(piece)) {
      if (/[{}]/.test(piece)) return 'braces must come in pairs';
      const literal = decode(piece);
      if (literal === null) return 'the path holds a bad percent escape';
      parts.push({ literal });
      continue;
    }
    const previous = parts.at(-1);
    if (previous && 'parameter' in previous) return 'two parameters need text between them';
    if (piece === '{}') return 'a parameter needs a name';
    parameters += 1;
    if (parameters > parametersPerSegmentMax)
      return `a segment holds at most ${parametersPerSegmentMax} parameters`;
    parts.push({ parameter: piece.slice(1, -1) });
  }
  return parts;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function sampleOf(part: TemplatePart): string {
  return 'parameter' in part ? 'x' : encodeURIComponent(part.literal);
}

function refuse(why: string): TemplateReading {
  return { ok: false, why };
}
