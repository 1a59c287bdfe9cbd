// The published Hocuspocus providers, 4 and 3: tokens, rights, what is saved, many documents on one socket, messages,
// presence; and together with y-websocket on the same documents.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Y, converged, fresh, h_client, h_socket, hocuspocus_versions, synced, y_client } from './lib/clients.mjs';
import { random_edit } from './lib/edits.mjs';
import { Random, seed } from './lib/random.mjs';
import { Server } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 180_000 };
const kTokens = { SYNCLINE_TOKEN: 'let me write', SYNCLINE_READ_TOKEN: 'let me read' };

const saved = ({ provider }) => until(() => !provider.hasUnsyncedChanges, 'all changes are saved');

for (const version of hocuspocus_versions) {
  test(`@hocuspocus/provider ${version}`, { timeout: 540_000 }, async (t) => {
    const server = await Server.start(t);
    const client = (t, object, options) => h_client(t, server, 'w', object, version, options);

    await t.test('two clients type, and what is typed is saved', kTest, async (t) => {
      const [a, b] = [await client(t, 'pair'), await client(t, 'pair')];
      assert.deepEqual(a.events.scopes, ['read-write']);
      a.text.insert(0, 'Hello 😀');
      assert.ok(a.provider.hasUnsyncedChanges);
      await until(() => b.text.toString() === 'Hello 😀', 'the other sees it');
      await saved(a);
      b.text.insert(0, 'Bob: ');
      await saved(b);
      await converged([a, b, await fresh(t, server, 'w', 'pair')]);
      assert.deepEqual([...a.events.closed, ...a.events.denied], []);
    });

    await t.test('every change is confirmed once, and none too many', kTest, async (t) => {
      const a = await client(t, 'counted');
      await saved(a);
      a.events.unsynced.length = 0;
      for (let i = 0; i < 200; ++i) a.text.insert(i, 'x');
      assert.equal(a.provider.unsyncedChanges, 200);
      await saved(a);
      assert.equal(a.events.unsynced.length, 400);
      assert.deepEqual(a.events.unsynced.slice(200), Array.from({ length: 200 }, (_, i) => 199 - i));
      await sleep(100);
      a.text.insert(0, 'y');
      assert.equal(a.provider.unsyncedChanges, 1);
      await saved(a);
    });

    await t.test(`all types, offline and back, several clients (seed ${seed})`, kTest, async (t) => {
      const random = new Random(seed + version);
      const sockets = Array.from({ length: 3 }, () => h_socket(t, server, 'w', version));
      const clients = await Promise.all(sockets.map((socket) => client(t, 'all', { socket })));
      for (let round = 0; round < 5; ++round) {
        const offline = sockets.filter(() => random.chance(0.5));
        for (const socket of offline) socket.disconnect();
        await until(() => offline.every((socket) => socket.status === 'disconnected'), 'they are offline');
        for (let i = 0; i < 30; ++i) random_edit(random, random.pick(clients).doc);
        for (const socket of offline) socket.connect();
        await Promise.all(clients.map(synced));
        await converged(clients);
        await Promise.all(clients.map(saved));
      }
      await converged([...clients, await fresh(t, server, 'w', 'all')]);
    });

    await t.test('many documents on one socket; one leaves, the others go on', kTest, async (t) => {
      const socket = h_socket(t, server, 'w', version);
      const names = ['multi/one', 'multi/two', 'mülti/drei', 'multi four'];
      const clients = await Promise.all(names.map((name) => client(t, name, { socket })));
      const watcher = await client(t, 'multi/one');
      const closes = [];
      socket.on('close', ({ event }) => closes.push(event.reason));
      clients.forEach((c, i) => c.text.insert(0, names[i]));
      await Promise.all(clients.map(saved));
      clients[0].awareness.setLocalStateField('user', 'me');
      await until(() => watcher.awareness.getStates().has(clients[0].doc.clientID), 'presence is seen');

      clients[0].provider.destroy();
      await until(() => !watcher.awareness.getStates().has(clients[0].doc.clientID), 'presence is gone with the document');
      clients[1].text.insert(0, 'still here: ');
      await saved(clients[1]);
      assert.equal((await fresh(t, server, 'w', 'multi/two')).text.toString(), 'still here: multi/two');
      assert.equal((await fresh(t, server, 'w', names[2])).text.toString(), names[2]);

      const again = await client(t, 'multi/one', { socket });
      assert.equal(again.text.toString(), 'multi/one');
      again.text.insert(0, 'back: ');
      await until(() => watcher.text.toString() === 'back: multi/one', 'who stayed sees it');
      assert.deepEqual(closes, [], 'the socket was never closed');
    });

    await t.test('stateless messages reach the others, not the sender', kTest, async (t) => {
      const [a, b, c] = [await client(t, 'said'), await client(t, 'said'), await client(t, 'said')];
      const elsewhere = await client(t, 'other');
      a.provider.sendStateless(JSON.stringify({ hello: 'Wörld 😀' }));
      await until(() => b.events.stateless.length + c.events.stateless.length === 2, 'both hear it');
      assert.deepEqual(b.events.stateless, ['{"hello":"Wörld 😀"}']);
      b.provider.sendStateless('answer');
      await until(() => a.events.stateless.length === 1, 'the answer is heard');
      assert.deepEqual(a.events.stateless, ['answer']);
      assert.deepEqual(elsewhere.events.stateless, []);
    });

    await t.test('presence appears, changes and goes', kTest, async (t) => {
      const [a, b] = [await client(t, 'here'), await client(t, 'here')];
      const seen = () => b.awareness.getStates().get(a.doc.clientID);
      a.provider.setAwarenessField('user', { name: 'Änne' });
      await until(() => seen()?.user?.name === 'Änne', 'b sees a');
      const late = await client(t, 'here');
      await until(() => late.awareness.getStates().get(a.doc.clientID)?.user, 'who comes later sees a');
      const socket = a.provider.configuration.websocketProvider;
      socket.shouldConnect = false;
      socket.webSocket.terminate();
      await until(() => seen() === undefined, 'a is gone when its wire breaks');
    });

    await t.test('y-websocket and Hocuspocus clients share documents and presence', kTest, async (t) => {
      const random = new Random(seed + 100 + version);
      const h = await client(t, 'mixed/doc');
      const y = await y_client(t, server, 'w', 'mixed/doc');
      h.provider.setAwarenessField('user', 'h');
      y.awareness.setLocalStateField('user', 'y');
      await until(() => y.awareness.getStates().get(h.doc.clientID)?.user === 'h', 'y sees h');
      await until(() => h.awareness.getStates().get(y.doc.clientID)?.user === 'y', 'h sees y');
      for (let i = 0; i < 100; ++i) {
        random_edit(random, random.pick([h, y]).doc);
        if (random.chance(0.3)) await sleep(1);
      }
      await converged([h, y]);
      y.provider.disconnect();
      await until(() => !h.awareness.getStates().has(y.doc.clientID), 'h sees y go');
      h.provider.destroy();
    });

    await t.test('saved means on disk: it survives kill -9', kTest, async (t) => {
      const a = await client(t, 'saved');
      a.text.insert(0, 'saved text');
      await saved(a);
      a.provider.destroy();
      await server.restart();
      assert.equal((await fresh(t, server, 'w', 'saved')).text.toString(), 'saved text');
    });

    await t.test('offline changes are counted, then saved once the server is back', kTest, async (t) => {
      const a = await client(t, 'gone');
      await server.kill();
      await until(() => a.provider.configuration.websocketProvider.status !== 'connected', 'the client notices');
      a.text.insert(0, 'typed offline');
      assert.ok(a.provider.hasUnsyncedChanges);
      await server.launch();
      await synced(a);
      await saved(a);
      assert.equal((await fresh(t, server, 'w', 'gone')).text.toString(), 'typed offline');
    });
  });

  test(`@hocuspocus/provider ${version}: tokens and rights`, { timeout: 270_000 }, async (t) => {
    const server = await Server.start(t, { env: kTokens });
    const client = (t, object, options) => h_client(t, server, 'w', object, version, options);
    const y_params = { params: { token: kTokens.SYNCLINE_TOKEN } };

    await t.test('the right token, as text and as a function', kTest, async (t) => {
      const a = await client(t, 'doc', { token: kTokens.SYNCLINE_TOKEN });
      const b = await client(t, 'doc', { token: async () => kTokens.SYNCLINE_TOKEN });
      assert.deepEqual(a.events.scopes, ['read-write']);
      a.text.insert(0, 'written');
      await until(() => b.text.toString() === 'written', 'the other sees it');
    });

    await t.test('a wrong token and none are denied, with a reason, and nothing is shown', kTest, async (t) => {
      for (const token of ['wrong', '', kTokens.SYNCLINE_TOKEN + ' ']) {
        const a = await client(t, 'doc', { token, wait: false });
        await until(() => a.events.denied.length > 0, 'it is denied');
        assert.match(a.events.denied[0], /token/);
        a.text.insert(0, 'not mine');
        await sleep(100);
        assert.equal(a.provider.isSynced, false);
        assert.equal(a.text.toString(), 'not mine');
        assert.deepEqual(a.events.scopes, []);
      }
      assert.equal((await y_client(t, server, 'w', 'doc', y_params)).text.toString(), 'written');
    });

    await t.test('one document denied, the other on the same socket welcome', kTest, async (t) => {
      const socket = h_socket(t, server, 'w', version);
      const denied = await client(t, 'secret', { socket, token: 'wrong', wait: false });
      const welcome = await client(t, 'doc', { socket, token: kTokens.SYNCLINE_TOKEN });
      await until(() => denied.events.denied.length > 0, 'one is denied');
      for (let i = 0; i < 50; ++i) denied.text.insert(0, 'x');
      welcome.text.insert(0, 'well ');
      await saved(welcome);
      assert.equal(welcome.text.toString(), 'well written');
      const { status } = await server.get('/v1/workspaces/w/objects/secret', { Authorization: `Bearer ${kTokens.SYNCLINE_TOKEN}` });
      assert.equal(status, 404);
    });

    await t.test('a token for reading reads, and its edits are refused without harm', kTest, async (t) => {
      const writer = await client(t, 'read', { token: kTokens.SYNCLINE_TOKEN });
      writer.text.insert(0, 'public');
      await saved(writer);
      const reader = await client(t, 'read', { token: kTokens.SYNCLINE_READ_TOKEN });
      assert.deepEqual(reader.events.scopes, ['readonly']);
      assert.equal(reader.text.toString(), 'public');
      await saved(reader);
      reader.text.insert(0, 'graffiti ');
      await sleep(200);
      assert.ok(reader.provider.hasUnsyncedChanges, 'the edit is never confirmed');
      assert.equal(writer.text.toString(), 'public');
      writer.text.insert(6, ' text');
      await until(() => reader.text.toString() === 'graffiti public text', 'the reader goes on reading');
      const late = await y_client(t, server, 'w', 'read', y_params);
      assert.equal(late.text.toString(), 'public text');
      reader.provider.setAwarenessField('user', 'reader');
      await until(() => writer.awareness.getStates().get(reader.doc.clientID)?.user === 'reader', 'readers are present, too');
    });
  });
}

test('@hocuspocus/provider 4: session awareness, one document twice on one socket', kTest, async (t) => {
  const server = await Server.start(t);
  const socket = h_socket(t, server, 'w', 4);
  const options = { socket, sessionAwareness: true };
  const a = await h_client(t, server, 'w', 'twice', 4, options);
  const b = await h_client(t, server, 'w', 'twice', 4, options);
  const outside = await y_client(t, server, 'w', 'twice');
  a.text.insert(0, 'from a ');
  await until(() => b.text.toString() === 'from a ', 'b sees what a wrote on the same socket');
  b.text.insert(7, 'and b');
  await converged([a, b, outside]);
  a.provider.setAwarenessField('user', 'a');
  b.provider.setAwarenessField('user', 'b');
  const names = () => [...outside.awareness.getStates().values()].map((state) => state.user).filter(Boolean).sort();
  await until(() => names().join() === 'a,b', 'both are present');
  a.provider.destroy();
  await until(() => names().join() === 'b', () => `only one of them is gone, here are: ${names()}`);
  b.text.insert(0, 'still ');
  await until(() => outside.text.toString() === 'still from a and b', 'the other goes on');
});

test('@hocuspocus/provider 4: batched updates (flushDelay) are confirmed', kTest, async (t) => {
  const server = await Server.start(t);
  const a = await h_client(t, server, 'w', 'batched', 4, { flushDelay: 50 });
  const b = await y_client(t, server, 'w', 'batched');
  for (let i = 0; i < 30; ++i) {
    a.text.insert(i, 'x');
    await sleep(5);
  }
  await saved(a);
  await converged([a, b]);
  a.provider.forceSync();
  await saved(a);
});

test('versions 3 and 4 and a document of several megabytes', kTest, async (t) => {
  const server = await Server.start(t);
  const a = await h_client(t, server, 'w', 'big', 3);
  const b = await h_client(t, server, 'w', 'big', 4);
  a.text.insert(0, 'All work and no play. '.repeat(200_000));
  await saved(a);
  await converged([a, b, await fresh(t, server, 'w', 'big')], 30_000);
  assert.equal(Y.encodeStateVector(a.doc).length, Y.encodeStateVector(b.doc).length);
});
