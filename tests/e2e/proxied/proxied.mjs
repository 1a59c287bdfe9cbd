// Published clients, the page, events, files and streams, through a reverse proxy at SYNCLINE_PROXIED, such as
// https://www.example/docs. The server behind it has the token below. packaging/tests/proxy.sh runs this.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import test from 'node:test';
import * as tus from 'tus-js-client';
import { browser, open_window } from '../lib/browser.mjs';
import { h_client, y_client } from '../lib/clients.mjs';
import { until } from '../lib/wait.mjs';

const kTest = { timeout: 60_000 };
const kToken = 'secret-8f41c2';
const base = process.env.SYNCLINE_PROXIED;
// The proxies of one run share a server.
const unique = `log-${Date.now()}`;
const bearer = { Authorization: `Bearer ${kToken}` };
const server = {
  url: base,
  y: (workspace) => `${base.replace(/^http/, 'ws')}/y/${workspace}`,
  hocuspocus: (workspace) => `${base.replace(/^http/, 'ws')}/hocuspocus/${workspace}`,
};
const ask = (path, init = {}) => fetch(base + path, { redirect: 'manual', ...init, headers: { ...bearer, ...init.headers } });

test('y-websocket and Hocuspocus edit one document', kTest, async (t) => {
  const y = await y_client(t, server, 'proxied', 'notes/plan', { params: { token: kToken, ack: '1' } });
  const h = await h_client(t, server, 'proxied', 'notes/plan', 4, { token: kToken });
  y.text.insert(0, 'by y-websocket, ');
  await until(() => h.text.toString().includes('y-websocket'), 'Hocuspocus sees it');
  h.text.insert(h.text.length, 'by Hocuspocus');
  await until(() => y.text.toString().includes('Hocuspocus'), 'y-websocket sees it');
  await until(() => h.provider.unsyncedChanges === 0 && y.saving.count > 0, 'both know that it is saved');
  y.awareness.setLocalStateField('user', { name: 'Ann' });
  await until(() => [...h.provider.awareness.getStates().values()].some(({ user }) => user?.name === 'Ann'), 'presence comes through');
});

test('a connection that says nothing for half a minute stays', { timeout: 90_000 }, async (t) => {
  const y = await y_client(t, server, 'proxied', 'quiet', { params: { token: kToken } });
  let lost = 0;
  y.provider.on('connection-close', () => lost++);
  await new Promise((passed) => { setTimeout(passed, 32_000); });
  assert.equal(lost, 0);
});

test('events arrive when they happen', kTest, async (t) => {
  const gone = new AbortController();
  t.after(() => gone.abort());
  const feed = await ask('/v1/workspaces/events/events?after=0', { signal: gone.signal, headers: { Accept: 'text/event-stream' } });
  assert.equal(feed.headers.get('content-type'), 'text/event-stream');
  const y = await y_client(t, server, 'events', 'a', { params: { token: kToken } });
  let read = '';
  const reading = (async () => {
    for await (const bytes of feed.body) read += Buffer.from(bytes).toString();
  })().catch(() => {});
  for (let i = 1; i <= 3; i++) {
    const at = Date.now();
    y.text.insert(0, `event ${i} `);
    await until(() => read.split('\nid:').length > i, `event ${i} has come`);
    assert.ok(Date.now() - at < 2000, `event ${i} took ${Date.now() - at} ms`);
  }
  gone.abort();
  await reading;
});

test('files go up by tus in parts, and come back in ranges', kTest, async () => {
  const bytes = randomBytes(20 << 20);
  let url;
  await new Promise((done, failed) => {
    const upload = new tus.Upload(bytes, {
      endpoint: `${base}/v1/workspaces/proxied/uploads/film`,
      headers: bearer,
      chunkSize: 3_000_000,
      metadata: { filename: 'film.bin', filetype: 'application/octet-stream' },
      onError: failed,
      onSuccess: () => { url = upload.url; done(); },
    });
    upload.start();
  });
  assert.ok(url.startsWith(`${base}/v1/workspaces/proxied/uploads/`), url);
  const whole = Buffer.from(await (await ask('/v1/workspaces/proxied/files/film')).arrayBuffer());
  assert.equal(createHash('sha256').update(whole).digest('hex'), createHash('sha256').update(bytes).digest('hex'));
  const part = await ask('/v1/workspaces/proxied/files/film', { headers: { Range: 'bytes=1000000-1000999' } });
  assert.equal(part.status, 206);
  assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(1_000_000, 1_001_000)));
});

test('addresses that the server answers lead back through the proxy', kTest, async () => {
  const made = await ask(`/streams/proxied/${unique}`, { method: 'PUT', headers: { 'Content-Type': 'application/json' } });
  assert.equal(made.status, 201);
  assert.equal(made.headers.get('location'), `${base}/streams/proxied/${unique}`);
  const put = await ask(`/v1/workspaces/proxied/objects/${unique}/old?root=content`, { method: 'PUT', body: 'text', headers: { 'Content-Type': 'text/plain' } });
  assert.ok(put.ok, await put.text());
  const renamed = await ask(`/v1/workspaces/proxied/rename/${unique}/old?to=${unique}/new`, { method: 'POST' });
  assert.ok(renamed.ok, await renamed.text());
  const old = await ask(`/v1/workspaces/proxied/objects/${unique}/old`);
  assert.equal(old.status, 308);
  const moved = new URL(old.headers.get('location'), `${base}/v1/workspaces/proxied/objects/${unique}/old`).href;
  assert.equal(moved, `${base}/v1/workspaces/proxied/objects/${unique}/new`);
  assert.equal((await fetch(moved, { headers: bearer })).status, 200);
});

test('metrics are not for the world, nothing is without a token, and http becomes https', kTest, async () => {
  assert.equal((await ask('/metrics')).status, 404);
  assert.equal((await fetch(`${base}/v1/workspaces`)).status, 401);
  if (new URL(base).pathname === '/') {
    const plain = await fetch(base.replace('https:', 'http:'), { redirect: 'manual' });
    assert.equal(plain.status, 308);
    assert.equal(plain.headers.get('location'), `${base}/`);
  }
});

test('two windows of the page see each other type', kTest, async (t) => {
  const chrome = await browser(t, ['--ignore-certificate-errors']);
  const url = `${base}/#/proxied/page?token=${kToken}`;
  const windows = [];
  for (let i = 0; i < 2; i++) windows.push(await open_window(chrome, url));
  for (const page of windows) await until(async () => (await page.getByTestId('status').getAttribute('data-state')) === 'online', 'a window is online');
  await windows[0].locator('[data-testid=editor] .cm-content').click();
  await windows[0].keyboard.type('typed through a proxy');
  await until(async () => (await windows[1].locator('[data-testid=editor] .cm-content').innerText()).includes('typed through a proxy'), 'the other window shows it');
  await until(async () => (await windows[0].getByTestId('saved').getAttribute('data-state')) === 'saved', 'it is saved');
  for (const page of windows) assert.deepEqual(page.problems, []);
});
