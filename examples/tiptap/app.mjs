// The application: it knows its users, serves the page, and gives each user a ticket for what he may open. Syncline knows no
// passwords; it believes the tickets that it made for this application's key.
//
//   SYNCLINE_KEY=slk_… node app.mjs        then open http://127.0.0.1:3000/

import { build } from 'esbuild';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

const syncline = process.env.SYNCLINE_URL ?? 'http://127.0.0.1:4400';
const port = Number(process.env.PORT ?? 3000);
const key = process.env.SYNCLINE_KEY;
if (!key) {
  console.error('app.mjs: SYNCLINE_KEY is missing: syncline key create --label app --rights write --for-others');
  process.exit(2);
}

// Your application has a table and a login for this.
const users = {
  ann: { name: 'Ann', color: '#b4472e', rights: 'write' },
  bob: { name: 'Bob', color: '#2e6bb4', rights: 'write' },
  cleo: { name: 'Cleo', color: '#3c8a3c', rights: 'read' },
};

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const bundle = await build({ entryPoints: [here('page.mjs')], bundle: true, write: false, format: 'esm', minify: true });
const files = {
  '/': ['text/html; charset=utf-8', readFileSync(here('index.html'))],
  '/page.js': ['text/javascript; charset=utf-8', bundle.outputFiles[0].contents],
};

// Who is signed in: the cookie `user`. Whoever sets it is believed, which is good enough for an example alone.
const signed_in = (request) => /(?:^|; )user=(\w+)/.exec(request.headers.cookie ?? '')?.[1];

async function ticket(id) {
  const { name, rights } = users[id];
  const minted = await fetch(`${syncline}/v1/tickets`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${key}` },
    body: JSON.stringify({ workspace: 'app', rights, lifetime_s: 900, principal: id, name }),
  });
  if (!minted.ok) throw new Error(`Syncline answers ${minted.status}: ${await minted.text()}`);
  return (await minted.json()).ticket;
}

createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const id = signed_in(request);
  try {
    if (pathname === '/session' && Object.hasOwn(users, id ?? '')) {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
      response.end(JSON.stringify({ id, ...users[id], ticket: await ticket(id), server: syncline.replace(/^http/, 'ws') }));
    } else if (pathname === '/session') {
      response.writeHead(401).end();
    } else if (Object.hasOwn(files, pathname)) {
      const [type, bytes] = files[pathname];
      response.writeHead(200, { 'Content-Type': type }).end(bytes);
    } else {
      response.writeHead(404).end();
    }
  } catch (error) {
    console.error(error.message);
    response.writeHead(502).end();
  }
}).listen(port, '127.0.0.1', function () { console.log(`open http://127.0.0.1:${this.address().port}/`); });
