// The first content of a document, from a hook of the application.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { Webhook } from 'standardwebhooks';
import { h_client, WebSocket, Y, y_client } from './lib/clients.mjs';
import { at_end, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

// `answer(object)` gives [status, headers, body], after `delay` ms.
async function application(t, answer) {
  const self = { asked: [], bad: [], answer, delay: 0 };
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      try {
        self.asked.push(new Webhook(kSecret).verify(body, request.headers));
      } catch (error) {
        self.bad.push(`${error.message}: ${body}`);
      }
      const [status, headers, content] = self.answer(JSON.parse(body).data.object);
      setTimeout(() => response.writeHead(status, headers).end(content), self.delay);
    });
  });
  await new Promise((listening) => http.listen(0, '127.0.0.1', listening));
  at_end(t, async () => http.close());
  const options = { args: ['--initial-content-url', `http://127.0.0.1:${http.address().port}/content`, '--outbound-allow', '127.0.0.0/8'], env: { SYNCLINE_INITIAL_CONTENT_SECRET: kSecret } };
  return Object.assign(self, { server: await Server.start(t, options) });
}

function update(text) {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, text);
  return Buffer.from(Y.encodeStateAsUpdate(doc));
}
const yjs = (text) => [200, { 'Content-Type': 'application/octet-stream' }, update(text)];

async function events(server, workspace) {
  const { text } = await server.get(`/v1/workspaces/${workspace}/log`);
  return text.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

test('ten clients at once: the application is asked once, and its answer is an ordinary event', kTest, async (t) => {
  const app = await application(t, (object) => yjs(`first of ${object}`));
  const { server } = app;
  app.delay = 300;
  const clients = await Promise.all(Array.from({ length: 10 }, (_, i) =>
    i % 2 === 0 ? y_client(t, server, 'w', 'plan') : h_client(t, server, 'w', 'plan', 4)));
  const text = (client) => client.doc.getText('content').toString();
  await until(() => clients.every((client) => text(client) === 'first of plan'), () => JSON.stringify(clients.map(text)));
  assert.deepEqual(app.asked.map(({ type, workspace, data }) => [type, workspace, data.object]), [['initial-content', 'w', 'plan']]);
  const [event, ...more] = await events(server, 'w');
  assert.deepEqual([event.principal, event.object, more], ['hook:initial-content', 'plan', []]);

  // Never again, also after a restart.
  clients[0].doc.getText('content').insert(0, 'more than the ');
  await until(() => text(clients[1]) === 'more than the first of plan', () => text(clients[1]));
  await server.restart();
  const late = await y_client(t, server, 'w', 'plan');
  await until(() => text(late) === 'more than the first of plan', () => text(late));
  assert.equal(app.asked.length, 1);
  assert.deepEqual(app.bad, []);
});

test('other forms, and nothing', kTest, async (t) => {
  const forms = {
    json: [200, { 'Content-Type': 'application/json' }, '{"about":{"title":"Hello"}}'],
    text: [200, { 'Content-Type': 'text/plain; charset=utf-8', 'Syncline-Put': 'root=content' }, 'as text'],
    none: [404, {}, 'who?'],
    empty: [204, {}],
  };
  const app = await application(t, (object) => forms[object]);
  const json = await y_client(t, app.server, 'w', 'json');
  assert.deepEqual(json.doc.getMap('about').toJSON(), { title: 'Hello' });
  const text = await y_client(t, app.server, 'w', 'text');
  assert.equal(text.text.toString(), 'as text');
  for (const object of ['none', 'empty']) {
    const client = await y_client(t, app.server, 'w', object);
    assert.equal(client.text.length, 0);
  }
  assert.deepEqual((await events(app.server, 'w')).map(({ object }) => object), ['json', 'text']);
});

test('a failure closes those who wait, writes nothing, and the next one asks again', kTest, async (t) => {
  const app = await application(t, () => [500, {}, 'no']);
  const { server } = app;
  const closed = await new Promise((end) => {
    const socket = new WebSocket(`${server.y('w')}/plan`);
    socket.on('close', (code, reason) => end([code, reason.toString()]));
  });
  assert.deepEqual(closed, [4503, 'the first content of this document cannot be had now; try again later']);
  app.answer = () => [200, { 'Content-Type': 'application/octet-stream' }, Buffer.from('this is no update')];
  const client = await y_client(t, server, 'w', 'plan', { wait: false });
  await until(() => app.asked.length > 1, () => 'it is asked again');
  assert.deepEqual(await events(server, 'w'), []);
  app.answer = () => yjs('at last');
  await until(() => client.text.toString() === 'at last', () => client.text.toString());
  assert.equal((await events(server, 'w')).length, 1);
});

test('whoever writes while the application thinks wins', kTest, async (t) => {
  const app = await application(t, () => yjs('too late'));
  const { server } = app;
  app.delay = 1000;
  const waiting = y_client(t, server, 'w', 'plan');
  await until(() => app.asked.length === 1, () => 'it is asked');
  const put = await fetch(`${server.url}/v1/workspaces/w/objects/plan?root=content`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: 'faster' });
  assert.equal(put.status, 201);
  const client = await waiting;
  await until(() => client.text.toString() === 'faster', () => client.text.toString());
  assert.deepEqual((await events(server, 'w')).map(({ principal }) => principal), ['anonymous']);
});

test('a workspace names its own hook, which is asked for what its prefix names', kTest, async (t) => {
  const asked = [];
  let secret = '';
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      asked.push(new Webhook(secret).verify(body, request.headers));
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Syncline-Put': 'root=content' }).end(`from the hook: ${JSON.parse(body).data.object}`);
    });
  });
  await new Promise((listening) => http.listen(0, '127.0.0.1', listening));
  at_end(t, async () => http.close());
  const server = await Server.start(t, { args: ['--hooks-allow', '127.0.0.0/8'] });
  const hooks = `${server.url}/v1/workspaces/team/webhooks`;
  const make = async (wish) => {
    const response = await fetch(hooks, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(wish) });
    return { status: response.status, ...(await response.json()) };
  };
  const url = `http://127.0.0.1:${http.address().port}/content`;
  assert.equal((await make({ url, initial_content: true, debounce_s: 5 })).status, 400);
  const hook = await make({ url, initial_content: true, prefix: 'notes/' });
  assert.deepEqual([hook.status, hook.state, hook.initial_content], [201, 'asked', true]);
  secret = hook.secret;

  const plan = await y_client(t, server, 'team', 'notes/plan');
  await until(() => plan.text.toString() === 'from the hook: notes/plan', () => plan.text.toString());
  assert.deepEqual(asked.map(({ type, workspace, data }) => [type, workspace, data.object]), [['initial-content', 'team', 'notes/plan']]);
  // Of another name, and of another workspace: nobody is asked, and nothing is told of changes.
  const board = await y_client(t, server, 'team', 'board');
  board.text.insert(0, 'mine');
  const other = await y_client(t, server, 'other', 'notes/plan');
  other.text.insert(0, 'mine');
  await until(async () => (await events(server, 'team')).length === 2, 'the change is durable');
  assert.equal(asked.length, 1);

  // The hook is known after a restart, and gone when it is removed.
  await server.restart();
  const list = await y_client(t, server, 'team', 'notes/list');
  await until(() => list.text.toString() === 'from the hook: notes/list', () => list.text.toString());
  assert.equal((await fetch(`${hooks}/${hook.id}`, { method: 'DELETE' })).status, 204);
  const empty = await y_client(t, server, 'team', 'notes/empty');
  assert.equal(empty.text.toString(), '');
  assert.equal(asked.length, 2);
});
