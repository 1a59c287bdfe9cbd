// Headless Chromium, and test pages that are bundled from pages/ and served from this process.

import { build } from 'esbuild';
import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { repository } from './server.mjs';

const kChromium = process.env.SYNCLINE_CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const kFlags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];

// `flags`: more of the command line, such as --ignore-certificate-errors, which WebSockets heed as well.
export async function browser(t, flags = []) {
  if (kChromium === undefined) throw new Error('no Chromium: install the package chromium, or name one in SYNCLINE_CHROMIUM');
  const it = await chromium.launch({ executablePath: kChromium, args: [...kFlags, ...flags], headless: true, timeout: 30_000 });
  t.after(() => it.close());
  return it;
}

// A window of a profile of its own: no storage and no BroadcastChannel in common with others. What goes wrong on the
// page is kept in `problems`.
export async function open_window(chrome, url, options = {}) {
  const context = await chrome.newContext({ viewport: { width: 900, height: 600 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.problems = [];
  page.on('pageerror', (error) => page.problems.push(String(error)));
  page.on('console', (message) => {
    // A connection that fails is what several tests are about.
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION|Failed to load/.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(url);
  return page;
}

// Where a person can look at what the tests saw.
export async function screenshot(page, name) {
  const folder = join(repository, 'build/e2e');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

// Serves pages/<name>.mjs as a page with an element #editor: its URL.
export async function serve_page(t, name) {
  const bundle = await build({
    entryPoints: [join(repository, 'tests/e2e/pages', `${name}.mjs`)],
    bundle: true, write: false, format: 'iife', target: 'es2022', logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const script = bundle.outputFiles[0].text;
  const html = '<!doctype html><meta charset="utf-8"><style>body{font:16px sans-serif;margin:2em}.ProseMirror{min-height:10em;border:1px solid #888;padding:1em;white-space:pre-wrap}'
    + '.ProseMirror-yjs-cursor{border-left:2px solid;margin-left:-1px;position:relative}.ProseMirror-yjs-cursor>div{position:absolute;top:-1.2em;font-size:11px;background:#fc8}</style>'
    + '<div id="editor"></div><script src="/bundle.js"></script>';
  const server = createServer((request, response) => {
    const script_wanted = request.url === '/bundle.js';
    response.setHeader('Content-Type', script_wanted ? 'text/javascript; charset=utf-8' : 'text/html; charset=utf-8');
    response.end(script_wanted ? script : html);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}/`;
}
