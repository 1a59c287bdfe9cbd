// Recorded editing, replayed by real clients through the server: everybody ends with the recorded text.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Y, converged, fresh, h_client, y_client } from './lib/clients.mjs';
import { Server } from './lib/server.mjs';
import { agent_updates, apply_patches, own_trace, read_trace, shared_trace } from './lib/trace.mjs';
import { sleep, until } from './lib/wait.mjs';

const kBuffered = 2 ** 20;

// Long texts in an error message help nobody: only where they part.
function same_text(actual, expected, where) {
  if (actual === expected) return;
  let at = 0;
  while (actual[at] === expected[at]) ++at;
  const around = (text) => JSON.stringify(text.slice(Math.max(0, at - 20), at + 20));
  assert.fail(`${where}: at ${at} of ${actual.length} there is ${around(actual)}, and not ${around(expected)}`);
}

// The clients, a fresh one, the HTTP API, and both again after kill -9 have the recorded text.
async function check(t, server, clients, object, content) {
  await converged(clients, 60_000);
  same_text(clients[0].text.toString(), content, 'the clients');
  same_text((await fresh(t, server, 'traces', object)).text.toString(), content, 'a fresh client');
  same_text((await server.object('traces', object)).content, content, 'over HTTP');
  for (const { provider } of clients) provider.destroy();
  await server.restart();
  same_text((await fresh(t, server, 'traces', object)).text.toString(), content, 'a fresh client, after kill -9');
  same_text((await server.object('traces', object)).content, content, 'over HTTP, after kill -9');
}

const sent = (client) => client.provider.ws?.bufferedAmount ?? client.provider.configuration.websocketProvider.webSocket.bufferedAmount;

async function replay_alone(t, path, { batch, open = y_client }) {
  const trace = read_trace(path);
  const server = await Server.start(t);
  const writer = await open(t, server, 'traces', 'alone');
  const reader = await y_client(t, server, 'traces', 'alone');
  for (let i = 0; i < trace.txns.length; i += batch) {
    writer.doc.transact(() => {
      for (const { patches } of trace.txns.slice(i, i + batch)) apply_patches(writer.text, patches);
    });
    if ((i / batch) % 100 === 0) await sleep(0);
    while (sent(writer) > kBuffered) await sleep(1);
  }
  await check(t, server, [writer, reader], 'alone', trace.endContent);
}

async function replay_together(t, path) {
  const trace = read_trace(path);
  const updates = agent_updates(trace);
  const server = await Server.start(t);
  const clients = await Promise.all(Array.from({ length: trace.numAgents }, () => y_client(t, server, 'traces', 'together')));
  let waits = 0;
  // Each agent types as soon as it has seen what the recorded one had.
  await Promise.all(clients.map(async ({ doc, provider }, agent) => {
    const own = updates.filter((update) => update.agent === agent);
    const ready = ({ needs }) => [...needs].every(([client, clock]) => Y.getState(doc.store, client) >= clock);
    for (let i = 0; i < own.length; ) {
      if (!ready(own[i])) ++waits;
      await until(() => ready(own[i]), 'the other agent is seen', 30_000);
      doc.transact(() => {
        for (let n = 0; n < 25 && i < own.length && ready(own[i]); ++n) Y.applyUpdate(doc, own[i++].update, 'typed');
      }, 'typed');
      while (provider.ws.bufferedAmount > kBuffered) await sleep(1);
    }
  }));
  t.diagnostic(`${updates.length} edits, waited ${waits} times for the other`);
  assert.ok(waits > 0, 'they did work together');
  await check(t, server, clients, 'together', trace.endContent);
}

test('our own: an essay', { timeout: 180_000 }, (t) => replay_alone(t, own_trace('essay'), { batch: 1 }));
test('our own: two people at once', { timeout: 180_000 }, (t) => replay_together(t, own_trace('together')));

const kHocuspocus = (...args) => h_client(...args, 4);
const kShared = [
  ['sequential_traces/sveltecomponent', (t, path) => replay_alone(t, path, { batch: 1 })],
  ['sequential_traces/rustcode', (t, path) => replay_alone(t, path, { batch: 10, open: kHocuspocus })],
  ['sequential_traces/automerge-paper', (t, path) => replay_alone(t, path, { batch: 50 })],
  ['concurrent_traces/friendsforever', replay_together],
];
for (const [name, replay] of kShared) {
  const path = shared_trace(name);
  test(`recorded: ${name}`, { timeout: 360_000, skip: path === null && 'the recordings are not here; SYNCLINE_TRACES names their folder' }, (t) => replay(t, path));
}
