import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Where a server listens while the console is worked on: `npm run dev -w console` beside `npm start`. */
const server = 'http://127.0.0.1:8081';

/** Each file once more, as small as it is sent: at the first request it would hold up every call beside it. */
const zipped: Plugin = {
  name: 'zipped',
  apply: 'build',
  writeBundle({ dir = '' }) {
    const assets = join(dir, 'assets');
    for (const name of readdirSync(assets))
      writeFileSync(
        join(assets, `${name}.gz`),
        gzipSync(readFileSync(join(assets, name)), { level: 9 }),
      );
  },
};

export default defineConfig({
  plugins: [react(), zipped],
  // No data URLs: the page's policy takes images from here alone.
  build: { assetsInlineLimit: 0, sourcemap: false, reportCompressedSize: true },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/v1', '/openapi.json', '/docs', '/latchkey'].map((path) => [path, server]),
    ),
  },
});
