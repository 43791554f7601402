import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where a server listens while the console is worked on: `npm run dev -w console` beside `npm start`. */
const server = 'http://127.0.0.1:8081';

export default defineConfig({
  plugins: [react()],
  // No data URLs: the page's policy takes images from here alone.
  build: { assetsInlineLimit: 0, sourcemap: false, reportCompressedSize: true },
  server: {
    port: 5173,
    proxy: Object.fromEntries(
      ['/v1', '/openapi.json', '/docs', '/latchkey'].map((path) => [path, server]),
    ),
  },
});
