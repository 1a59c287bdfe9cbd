import { defineConfig } from 'vite';

export default defineConfig({
  base: './',
  server: {
    // `npm run dev` shows the page with live reload against a server that runs beside it.
    proxy: { '/y': { target: 'ws://127.0.0.1:4400', ws: true } },
  },
  build: {
    target: 'es2022',
    // Everything stays a file of its own, so that a content security policy needs no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
});
