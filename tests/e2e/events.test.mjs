// Server-sent events, as the EventSource of Chromium and a script read them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, open_window } from './lib/browser.mjs';
import { y_client } from './lib/clients.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

test('a page that follows a workspace misses nothing and gets nothing twice when the server is killed', kTest, async (t) => {
  const server = await Server.start(t);
  const ann = await y_client(t, server, 'w', 'plan', { params: { ack: '1' } });
  const page = await open_window(await browser(t), server.url);
  await page.evaluate(() => {
    window.seen = [];
    window.source = new EventSource('/v1/workspaces/w/events?after=0');
    window.source.addEventListener('change', ({ lastEventId, data }) => window.seen.push([Number(lastEventId), JSON.parse(data).position]));
  });
  const seen = () => page.evaluate(() => window.seen);
  const write = async (count) => {
    const before = ann.text.length;
    for (let i = 0; i < count; ++i) {
      ann.text.insert(ann.text.length, 'x');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(async () => {
      const answer = await fetch(`${server.url}/v1/workspaces/w/objects/plan?root=content`);
      return answer.ok && (await answer.json()).state.length === before + count;
    }, () => 'the server has what was written');
  };
  await write(20);
  await until(async () => (await seen()).length > 0, () => 'the page hears of it');
  for (let kills = 0; kills < 2; ++kills) {
    await server.restart();
    await write(20);
  }
  const { last } = await fetch(`${server.url}/v1/workspaces/w/log?after=0&limit=1000`).then(async (answer) => {
    const lines = (await answer.text()).trim().split('\n').map((line) => JSON.parse(line));
    return { last: lines.at(-1).position };
  });
  await until(async () => (await seen()).at(-1)?.[0] === last, async () => `the page is at ${last}: ${JSON.stringify((await seen()).slice(-3))}`, 30_000);
  assert.deepEqual(await seen(), Array.from({ length: last }, (_, i) => [i + 1, i + 1]));
  assert.deepEqual(page.problems, []);
});

test('a script reads what there is, with the changes, and goes on', kTest, async (t) => {
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'secret', SYNCLINE_READ_TOKEN: 'look' } });
  const ann = await y_client(t, server, 'w', 'notes/plan', { params: { token: 'secret', ack: '1' } });
  ann.text.insert(0, 'Hello');
  const get = (path, token = 'look', headers = {}) => fetch(`${server.url}/v1/workspaces/w/events${path}`, { headers: { Authorization: `Bearer ${token}`, ...headers } });
  await until(async () => (await (await get('?after=0&follow=0')).text()).includes('"object":"notes/plan"'), () => 'the event is there');
  const text = await (await get('/notes/plan?after=0&follow=0&content=1')).text();
  assert.match(text, /^: .*\n\nid: 1\nevent: change\ndata: \{"position":1,.*"update":"[A-Za-z0-9+/=]+"\}\n\n$/s);
  assert.equal(await (await get('?follow=0', 'look', { 'Last-Event-ID': '1' })).text(), ': the events of a workspace\n\n');
  assert.equal((await get('', 'wrong')).status, 401);

  // An operator sees it and ends it, and the script is told why.
  const answer = await get('');
  const operator = { Authorization: 'Bearer secret' };
  const list = async () => (await (await fetch(`${server.url}/v1/sessions`, { headers: operator })).json()).sessions.filter(({ protocol }) => protocol === 'events');
  await until(async () => (await list()).length === 1, async () => `one feed: ${JSON.stringify(await list())}`);
  const [{ session }] = await list();
  assert.equal((await fetch(`${server.url}/v1/sessions/${session}/kick`, { method: 'POST', headers: operator })).status, 204);
  assert.match(await answer.text(), /event: end\ndata: \{"code":"unavailable","message":".+"\}\n\n$/);
});

test('a server that is stopped ends the streams, and does not wait for them', kTest, async (t) => {
  const server = await Server.start(t);
  const answer = await fetch(`${server.url}/v1/workspaces/w/events`);
  const began = Date.now();
  await server.kill('SIGTERM');
  assert.match(await answer.text(), /"message":"the server is shutting down"/);
  assert.ok(Date.now() - began < 9_000, `it took ${Date.now() - began} ms of the 10 s that it may wait`);
});
