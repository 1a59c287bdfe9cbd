// Clients that do too much in a second: they are slowed down and lose nothing that matters, and others do not notice.

import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeAwarenessUpdate } from 'y-protocols/awareness';
import { converged, fresh, h_client, y_client } from './lib/clients.mjs';
import { Raw, y_awareness } from './lib/raw.mjs';
import { Server } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 60_000 };

test('a client that writes too fast is read later, and all of it arrives', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--rate-messages', '50'] });
  const client = await y_client(t, server, 'w', 'doc');
  let closed = 0;
  client.provider.on('connection-close', () => ++closed);
  for (let i = 0; i < 700; ++i) client.text.insert(i, 'x');
  await until(async () => (await server.metric('rate_slowed_total')) >= 1, 'it is slowed down');
  const other = await fresh(t, server, 'w', 'doc');
  other.text.insert(0, 'y');
  await converged([client, other]);
  assert.equal(other.text.length, 701);
  assert.equal(closed, 0);
  assert.ok((await server.metric('updates_received_total')) >= 701);
});

test('of presence that changes too fast, others see the newest', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--rate-presence', '5'] });
  const client = await y_client(t, server, 'w', 'doc');
  const other = await y_client(t, server, 'w', 'doc');
  let updates = 0;
  other.awareness.on('update', () => ++updates);
  for (let i = 0; i < 500; ++i) client.awareness.setLocalStateField('at', i);
  await until(() => other.awareness.getStates().get(client.doc.clientID)?.at === 499, 'the newest is seen');
  assert.ok(updates < 150, `${updates} updates`);
  assert.ok((await server.metric('rate_presence_delayed_total')) >= 300);
});

test('of messages to others, those above the rate are dropped', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--rate-broadcasts', '2'] });
  const [a, b] = [await h_client(t, server, 'w', 'doc', 4), await h_client(t, server, 'w', 'doc', 4)];
  for (let i = 0; i < 100; ++i) a.provider.sendStateless(`message ${i}`);
  a.text.insert(0, 'after them');
  await converged([a, b]);
  const seen = b.events.stateless.length;
  assert.ok(seen >= 20 && seen < 40, `${seen} messages`);
  assert.equal((await server.metric('rate_messages_dropped_total')) + seen, 100);
});

test('requests above the rate of their address get 429', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--rate-requests', '2', '--threads', '1'] });
  const statuses = [];
  for (let i = 0; i < 60; ++i) statuses.push((await server.get('/v1/workspaces')).status);
  assert.equal(statuses[0], 200);
  assert.ok(statuses.filter((status) => status === 429).length >= 10, statuses.join(' '));
  const { status, headers } = await server.get('/v1/workspaces');
  assert.equal(status, 429);
  assert.ok(Number(headers.get('retry-after')) >= 1);
  await sleep(2000);
  assert.equal((await server.get('/v1/workspaces')).status, 200);
});

test('nobody speaks for the client of another connection', kTest, async (t) => {
  const server = await Server.start(t);
  const [ann, bob] = [await y_client(t, server, 'w', 'doc'), await y_client(t, server, 'w', 'doc')];
  const seen = (by) => by.awareness.getStates().get(ann.doc.clientID)?.user;
  ann.awareness.setLocalStateField('user', 'ann');
  await until(() => seen(bob) === 'ann', 'bob sees ann');
  const { awareness } = await y_client(t, server, 'w', 'elsewhere', { client_id: ann.doc.clientID });
  awareness.setLocalStateField('user', 'thief');
  awareness.meta.get(ann.doc.clientID).clock = Number.MAX_SAFE_INTEGER;
  const thief = await new Raw(t, `${server.y('w')}/doc`).open();
  thief.send(y_awareness(encodeAwarenessUpdate(awareness, [ann.doc.clientID])));
  await sleep(300);
  assert.equal(seen(bob), 'ann');
  assert.equal(seen(ann), 'ann');
  ann.awareness.setLocalStateField('user', 'ann, still');
  await until(() => seen(bob) === 'ann, still', 'bob sees what ann says next');
});

test('pings count as messages', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--rate-messages', '5'] });
  const raw = await new Raw(t, `${server.y('w')}/doc`).open();
  for (let i = 0; i < 200; ++i) raw.socket.ping();
  await until(async () => (await server.metric('rate_slowed_total')) >= 1, 'it is slowed down');
  assert.equal(raw.socket.readyState, 1);
});
