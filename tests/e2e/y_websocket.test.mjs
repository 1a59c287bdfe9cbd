// The published y-websocket 3 in Node: editing together, offline and back, presence, names, large documents.

import assert from 'node:assert/strict';
import test from 'node:test';
import { WebSocket, Y, converged, fresh, synced, y_client } from './lib/clients.mjs';
import { random_edit } from './lib/edits.mjs';
import { Random, seed } from './lib/random.mjs';
import { Server } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 180_000 };

test('y-websocket', { timeout: 720_000 }, async (t) => {
  const server = await Server.start(t);
  const client = (t, object, options) => y_client(t, server, 'w', object, options);

  await t.test(`clients edit all types at once, offline and back, and converge (seed ${seed})`, kTest, async (t) => {
    const random = new Random();
    const clients = [await client(t, 'all'), await client(t, 'all'), await client(t, 'all')];
    for (let round = 0; round < 8; ++round) {
      const offline = clients.filter(() => random.chance(0.4));
      for (const { provider } of offline) provider.disconnect();
      for (let i = 0; i < 40; ++i) {
        random_edit(random, random.pick(clients).doc);
        if (random.chance(0.2)) await sleep(1);
      }
      for (const { provider } of offline) provider.connect();
      await Promise.all(clients.map(synced));
      await converged(clients);
    }
    assert.ok(clients[0].text.length > 0);
    const late = await fresh(t, server, 'w', 'all');
    await converged([...clients, late]);
    assert.deepEqual((await server.object('w', 'all')).content, late.text.toJSON());
  });

  await t.test('what one types another sees, and both see the same when they type at one place', kTest, async (t) => {
    const [a, b] = [await client(t, 'pair'), await client(t, 'pair')];
    a.text.insert(0, 'Hello');
    await until(() => b.text.toString() === 'Hello', 'the other sees it');
    a.provider.disconnect();
    b.provider.disconnect();
    a.text.insert(5, ' Ada');
    b.text.insert(5, ' Bob');
    assert.notEqual(a.text.toString(), b.text.toString());
    a.provider.connect();
    b.provider.connect();
    await converged([a, b]);
    assert.match(a.text.toString(), /^Hello( Ada Bob| Bob Ada)$/);
  });

  await t.test('an undo by deletion and formatting survive', kTest, async (t) => {
    const [a, b] = [await client(t, 'undo'), await client(t, 'undo')];
    const undo = new Y.UndoManager(a.text, { captureTimeout: 0 });
    a.text.insert(0, 'one ');
    a.text.insert(4, 'two', { bold: true });
    undo.undo();
    await converged([a, b]);
    assert.equal(b.text.toString(), 'one ');
    undo.redo();
    await converged([a, b]);
    assert.deepEqual(b.text.toDelta(), [{ insert: 'one ' }, { insert: 'two', attributes: { bold: true } }]);
  });

  await t.test('presence appears, changes, and goes when a client leaves', kTest, async (t) => {
    const [a, b] = [await client(t, 'here'), await client(t, 'here')];
    const seen = () => b.awareness.getStates().get(a.doc.clientID);
    a.awareness.setLocalStateField('user', { name: 'Änne 😀' });
    await until(() => seen()?.user?.name === 'Änne 😀', 'b sees a');
    const late = await client(t, 'here');
    await until(() => late.awareness.getStates().get(a.doc.clientID)?.user, 'who comes later sees a, too');
    a.awareness.setLocalStateField('user', { name: 'Anna' });
    await until(() => seen()?.user?.name === 'Anna', 'b sees the change');
    a.awareness.setLocalState(null);
    await until(() => seen() === undefined, 'b sees that a hid itself');
    a.awareness.setLocalState({ user: { name: 'back' } });
    await until(() => seen()?.user?.name === 'back', 'b sees a again');
    a.provider.disconnect();
    await until(() => seen() === undefined, 'a is gone once its socket is closed');
  });

  await t.test('presence goes when the wire breaks without a goodbye', kTest, async (t) => {
    const [a, b] = [await client(t, 'cut'), await client(t, 'cut')];
    a.awareness.setLocalStateField('user', { name: 'Ada' });
    await until(() => b.awareness.getStates().has(a.doc.clientID), 'b sees a');
    a.provider.shouldConnect = false;
    a.provider.ws.terminate();
    await until(() => !b.awareness.getStates().has(a.doc.clientID), 'a is gone');
    a.provider.connect();
    await synced(a);
    a.awareness.setLocalStateField('user', { name: 'Ada again' });
    await until(() => b.awareness.getStates().has(a.doc.clientID), 'a is there again after it came back');
  });

  await t.test('forty clients on one document', kTest, async (t) => {
    const clients = await Promise.all(Array.from({ length: 40 }, () => client(t, 'crowd')));
    clients.forEach(({ text, awareness }, i) => {
      awareness.setLocalStateField('n', i);
      for (let n = 0; n < 5; ++n) text.insert(0, `<${i}.${n}>`);
    });
    await converged(clients, 30_000);
    const content = clients[0].text.toString();
    for (let i = 0; i < 40; ++i) for (let n = 0; n < 5; ++n) assert.equal(content.split(`<${i}.${n}>`).length, 2);
    await until(() => clients.every((c) => c.awareness.getStates().size === 40), 'each sees all forty');
    for (const { provider } of clients.slice(1)) provider.disconnect();
    await until(() => clients[0].awareness.getStates().size === 1, 'the last one is alone');
  });

  await t.test('names: slashes, percent escapes, every script', kTest, async (t) => {
    const names = ['notes/2026/plan', 'Ünïcode – 文字 😀', 'a b&c=d?e#f%25', 'x'.repeat(500)];
    for (const name of names) {
      const path = name.split('/').map(encodeURIComponent).join('/');
      const one = await client(t, path);
      one.text.insert(0, name);
      const two = await client(t, path);
      assert.equal(two.text.toString(), name);
      assert.equal((await server.object('w', name)).content, name);
    }
    const listed = (await server.json('/v1/workspaces/w/objects?limit=1000')).objects;
    for (const name of names) assert.ok(listed.includes(name), `${name} is listed`);
    // A slash that is escaped names the same object as one that is not.
    assert.equal((await client(t, 'notes%2F2026%2Fplan')).text.toString(), 'notes/2026/plan');
  });

  await t.test('one object name in two workspaces is two objects', kTest, async (t) => {
    const one = await y_client(t, server, 'w1', 'same');
    const two = await y_client(t, server, 'w2', 'same');
    one.text.insert(0, 'in w1');
    two.text.insert(0, 'in w2');
    await until(async () => (await fresh(t, server, 'w1', 'same')).text.toString() === 'in w1', 'w1 is as written');
    assert.equal((await fresh(t, server, 'w2', 'same')).text.toString(), 'in w2');
  });

  await t.test('client ids beyond 32 bits, as Yjs 14 makes them', kTest, async (t) => {
    const ids = [2 ** 53 - 1, 2 ** 32 + 7, 2 ** 32, 2 ** 31];
    const clients = await Promise.all(ids.map((client_id) => client(t, 'ids', { client_id })));
    clients.forEach((c, i) => {
      c.awareness.setLocalStateField('n', i);
      c.text.insert(0, `<${ids[i]}>`);
    });
    await converged(clients);
    const late = await client(t, 'ids');
    await converged([...clients, late]);
    for (const id of ids) assert.ok(late.text.toString().includes(`<${id}>`));
    await until(() => ids.every((id) => late.awareness.getStates().has(id)), 'all are present');
  });

  await t.test('a document of five megabytes, in one piece and in many', kTest, async (t) => {
    const one = await client(t, 'big');
    const piece = 'The quick brown fox jumps over the lazy dog — 0123456789.\n';
    one.text.insert(0, piece.repeat(Math.ceil(5e6 / piece.length)));
    one.doc.transact(() => {
      for (let i = 0; i < 2000; ++i) one.text.insert(i * 100, `[${i}]`);
    });
    const other = await client(t, 'big');
    await converged([one, other], 30_000);
    assert.ok(other.text.length > 5e6);
    one.text.delete(1_000_000, 3_000_000);
    other.text.insert(4_500_000, 'end');
    await converged([one, other], 30_000);
    const late = await client(t, 'big');
    await converged([one, late], 30_000);
  });

  await t.test('gc off: a client that keeps history gets along with one that does not', kTest, async (t) => {
    const keeper = await client(t, 'gc', { doc: new Y.Doc({ gc: false }) });
    const other = await client(t, 'gc');
    keeper.text.insert(0, 'abcdefgh');
    await converged([keeper.doc, other.doc].slice(0, 1));
    await until(() => other.text.length === 8, 'the other has it');
    other.text.delete(2, 3);
    keeper.text.insert(8, 'X');
    await until(() => keeper.text.toString() === 'abfghX' && other.text.toString() === 'abfghX', 'both have it');
    const late = await client(t, 'gc');
    assert.equal(late.text.toString(), 'abfghX');
  });

  await t.test('everything is there after an orderly restart', kTest, async (t) => {
    const [one, other] = [await client(t, 'kept'), await client(t, 'kept')];
    one.text.insert(0, 'kept');
    await until(() => other.text.toString() === 'kept', 'the other sees it');
    const { code } = await server.kill('SIGTERM');
    assert.equal(code, 0);
    for (const { provider } of [one, other]) provider.disconnect();
    one.text.insert(4, ' offline');
    await server.launch();
    assert.equal((await fresh(t, server, 'w', 'kept')).text.toString(), 'kept');
    for (const { provider } of [one, other]) {
      provider.serverUrl = server.y('w');
      provider.connect();
    }
    await converged([one, other, await fresh(t, server, 'w', 'kept')]);
    assert.equal(other.text.toString(), 'kept offline');
  });
});

test('two tabs with a BroadcastChannel of their own do not disturb the server', kTest, async (t) => {
  const server = await Server.start(t);
  const tab = () => y_client(t, server, 'w', 'tabs', { disableBc: false });
  const [a, b] = [await tab(), await tab()];
  for (let i = 0; i < 50; ++i) (i % 2 ? a : b).text.insert(0, String(i % 10));
  await converged([a, b]);
  // The tabs have each other's edits from the channel, perhaps before the server has any.
  const late = await fresh(t, server, 'w', 'tabs');
  await until(() => late.text.length === 50, 'the server has all of them');
  assert.equal(late.text.toString(), a.text.toString());
});
