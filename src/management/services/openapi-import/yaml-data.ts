import { isAlias, isMap, isScalar, isSeq, type Pair, type Scalar, type YAMLMap } from 'yaml';

export type DataReading =
  { readonly ok: true; readonly data: unknown } | { readonly ok: false; readonly why: string };

/** How many values all aliases together may stand for, written out. */
const repeatedValuesMax = 1_000_000;

type Anchor = { readonly value: unknown; readonly size: number } | 'open';

/**
 * The data of a composed YAML tree.
 *
 * The library's own conversion is no match for a hostile document: looking up aliases and keys costs the square of
 * their number, merges are unbounded, and what comes out may contain itself. Here every step is linear, and what aliases
 * and merges repeat is counted as if it were written out, so that nobody downstream meets an alias bomb.
 *
 * Merge keys (`<<`) are of YAML 1.1, but documents use them: were they ignored, a merged `security` would be lost, and
 * its operation would look unsecured.
 */
export function dataOfYaml(root: unknown): DataReading {
  try {
    return { ok: true, data: new Conversion().valueOf(root) };
  } catch (error) {
    if (error instanceof UnusableYaml) return { ok: false, why: error.message };
    throw error;
  }
}

class UnusableYaml extends Error {}

class Conversion {
  readonly #anchors = new Map<string, Anchor>();
  /** Values met so far, each alias counted as what it stands for. */
  #size = 0;
  #repeated = 0;

  /** Recursion is bounded by the depth of the tree, which `readYaml` bounds. */
  valueOf(node: unknown): unknown {
    if (isAlias(node)) return this.#repeat(node.source);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    const sizeBefore = this.#size;
    this.#size += 1;
    if (anchor !== undefined) this.#anchors.set(anchor, 'open');
    const value = this.#plainValueOf(node);
    if (anchor !== undefined) this.#anchors.set(anchor, { value, size: this.#size - sizeBefore });
    return value;
  }

  #plainValueOf(node: unknown): unknown {
    if (node === null) return null;
    if (isScalar(node)) return node.value;
    if (isSeq(node)) return node.items.map((item) => this.valueOf(item));
    if (isMap(node)) return this.#objectOf(node);
    throw new UnusableYaml('it holds a YAML construct that JSON does not know');
  }

  #repeat(name: string): unknown {
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) throw new UnusableYaml(`the alias *${name} has no anchor before it`);
    if (anchor === 'open')
      throw new UnusableYaml(`the alias *${name} stands inside its own anchor`);
    this.#countRepeated(anchor.size);
    return anchor.value;
  }

  #countRepeated(values: number): void {
    this.#size += values;
    this.#repeated += values;
    if (this.#repeated > repeatedValuesMax) {
      throw new UnusableYaml(`its aliases stand for more than ${repeatedValuesMax} values`);
    }
  }

  #objectOf(map: YAMLMap): Record<string, unknown> {
    // Without a prototype, `__proto__` is a key like any other.
    const object = Object.create(null) as Record<string, unknown>;
    const written = new Set<string>();
    for (const pair of map.items) {
      if (isMergeKey(pair)) {
        this.#merge(object, this.valueOf(pair.value));
        continue;
      }
      const key = this.#keyOf(pair.key);
      if (written.has(key))
        throw new UnusableYaml(`the key "${key.slice(0, 100)}" stands twice in one map`);
      written.add(key);
      object[key] = this.valueOf(pair.value);
    }
    return object;
  }

  /** What a map says itself goes before what it merges, and of what it merges the first. */
  #merge(object: Record<string, unknown>, merged: unknown): void {
    for (const source of Array.isArray(merged) ? merged : [merged]) {
      if (typeof source !== 'object' || source === null || Array.isArray(source)) {
        throw new UnusableYaml('a merge key (<<) takes a map or a list of maps');
      }
      const entries = Object.entries(source);
      this.#countRepeated(entries.length);
      for (const [key, value] of entries) if (!Object.hasOwn(object, key)) object[key] = value;
    }
  }

  #keyOf(node: unknown): string {
    const value = this.valueOf(node);
    if (typeof value === 'string') return value;
    if (typeof value === 'object' && value !== null)
      throw new UnusableYaml('a list or a map stands as a key');
    // `200:` and `1.0:` are the texts "200" and "1.0".
    return isScalar(node) ? ((node as Scalar).source ?? String(value)) : String(value);
  }
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && pair.key.value === '<<' && pair.key.type === 'PLAIN';
}
