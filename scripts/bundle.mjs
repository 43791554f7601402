/**
 * Puts the built program and the packages it is written with into one file each, `dist/main.js` and `dist/command-line.js`:
 * `node scripts/bundle.mjs`. A start opens, resolves and links half as many files (docs/adr/0034).
 */
import fs from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
/**
 * Packages of ES modules that are imported and nothing more. Every other stays outside, where all find the same one: what is native,
 * what packages require from one another if it happens to be there, and what keeps a registry of its own.
 */
const inside =
  /^(@nestjs\/(common|core|mapped-types|passport|platform-fastify|swagger|typeorm)|es-toolkit|iterare|rxjs|tslib|uid)(\/|$)/;

const bundle = await rolldown({
  input: { main: `${dist}src/main.js`, 'command-line': `${dist}src/command-line.js` },
  platform: 'node',
  external: (id) => !id.startsWith('.') && !isAbsolute(id) && !inside.test(id),
  plugins: [
    {
      name: 'as-they-lie',
      load(id) {
        if (!id.startsWith(dist)) return null;
        return { code: fs.readFileSync(id, 'utf8'), map: fs.readFileSync(`${id}.map`, 'utf8') };
      },
      /** A module that looks for what lies beside it finds it from where it lay. */
      transform(code, id) {
        if (!code.includes('import.meta.url')) return null;
        const from = relative(dist, id).split(sep).map(encodeURIComponent).join('/');
        const url = `new URL(${JSON.stringify(from)}, import.meta.url).href`;
        return { code: code.replaceAll('import.meta.url', url), map: null };
      },
    },
  ],
  onLog(level, log) {
    // Packages that Nest can do without are not here, and its modules import one another.
    if (level !== 'warn' || log.code === 'CIRCULAR_DEPENDENCY') return;
    throw new Error(log.message);
  },
});
await bundle.write({
  dir: dist,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'shared-[hash].js',
  // Names of classes are those of entities, migrations and the API's schemas.
  keepNames: true,
  sourcemap: true,
});
await bundle.close();
