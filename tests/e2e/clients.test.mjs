// What published clients of every version do when something is not right, and what becomes of it: they stop, go on, or
// are slowed down, and nobody else notices.

import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeAwarenessUpdate } from 'y-protocols/awareness';
import { WebSocket, Y, converged, fresh, h_client, h_socket, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { Raw, y_awareness, y_message, y_sync } from './lib/raw.mjs';
import { Server } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 180_000 };
const kMiB = 2 ** 20;

// A WebSocket that counts how often it was opened.
function counting() {
  const counts = { opened: 0 };
  counts.Socket = class extends WebSocket {
    constructor(...args) {
      super(...args);
      ++counts.opened;
      this.on('error', () => {});
    }
  };
  return counts;
}

function large_doc(bytes) {
  const doc = new Y.Doc();
  doc.getText('content').insert(0, 'x'.repeat(bytes));
  return doc;
}

const joined = (...messages) => Uint8Array.from(messages.flatMap((bytes) => [...bytes]));

test('one WebSocket message holds several messages, as the Rust clients send them', kTest, async (t) => {
  const server = await Server.start(t);
  const other = await y_client(t, server, 'w', 'doc');
  other.text.insert(0, 'there before. ');
  const doc = new Y.Doc();
  const awareness = (await y_client(t, server, 'w', 'elsewhere', { client_id: 4711 })).awareness;
  awareness.setLocalStateField('user', 'rust');
  const raw = await new Raw(t, `${server.y('w')}/doc`).open();
  raw.send(joined(y_sync(0, Y.encodeStateVector(doc)), y_awareness(encodeAwarenessUpdate(awareness, [4711]))));
  await until(() => raw.messages.some((m) => m[0] === 0 && m[1] === 1), 'the step 1 is answered');
  await until(() => other.awareness.getStates().get(4711)?.user === 'rust', 'the awareness is passed on');
  doc.getText('content').insert(0, 'three ');
  const first = Y.encodeStateAsUpdate(doc);
  const before = Y.encodeStateVector(doc);
  doc.getText('content').insert(6, 'at once ');
  raw.send(joined(y_sync(2, first), y_sync(2, Y.encodeStateAsUpdate(doc, before)), y_message(3)));
  await until(() => other.text.toString().includes('three at once '), 'both updates are taken');
  assert.equal(raw.closed, null);
});

test('subprotocols', kTest, async (t) => {
  const server = await Server.start(t);
  for (const version of [2, 3]) {
    const client = await y_client(t, server, 'w', 'doc', { version, protocols: ['yjs.v1', 'other'] });
    assert.equal(client.provider.ws.protocol, 'yjs.v1', `y-websocket ${version}`);
  }
  const socket = new WebSocket(server.hocuspocus('w'), ['secret', 'x']);
  t.after(() => socket.terminate());
  await until(() => socket.readyState === WebSocket.OPEN, 'it opens');
  assert.equal(socket.protocol, 'secret');
});

test('a message over the limit', { timeout: 300_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--max-message-mib', '1'] });
  const kWatchMs = 12_000;
  for (const version of y_versions) {
    await t.test(`y-websocket ${version}: ${version === 3 ? 'stops' : 'is slowed down'}`, kTest, async (t) => {
      const object = `large-${version}`;
      const good = await y_client(t, server, 'w', object);
      const counts = counting();
      const closed = [];
      const before = await server.metric('messages_too_big_total');
      const bad = await y_client(t, server, 'w', object, { version, doc: large_doc(3 * kMiB), WebSocketPolyfill: counts.Socket, wait: false });
      bad.provider.on('connection-close', (event) => closed.push(event?.code));
      await sleep(kWatchMs);
      const uploads = (await server.metric('messages_too_big_total')) - before;
      t.diagnostic(`${counts.opened} connections, ${uploads} uploads in ${kWatchMs / 1000} s`);
      assert.ok(closed.length > 0 && closed.every((code) => code === 4413), `closed with ${closed}`);
      if (version === 3) assert.equal(counts.opened, 1);
      else assert.ok(counts.opened <= 6, `${counts.opened} connections`);
      assert.ok(uploads <= counts.opened);
      // From the same address, to the same document, with the same token.
      const start = Date.now();
      const late = await y_client(t, server, 'w', object, { version });
      late.text.insert(0, 'small ');
      await converged([good, late]);
      assert.ok(Date.now() - start < 5000, 'a client that behaves is not slowed down');
    });
  }
  for (const version of hocuspocus_versions) {
    await t.test(`Hocuspocus ${version}: the document ends, the connection and its other documents go on`, kTest, async (t) => {
      const counts = counting();
      const socket = h_socket(t, server, 'h', version, { WebSocketPolyfill: counts.Socket });
      const bad = await h_client(t, server, 'h', `large-${version}`, version, { socket, doc: large_doc(3 * kMiB), wait: false });
      const other = await h_client(t, server, 'h', `other-${version}`, version, { socket });
      await until(() => bad.events.closed.length > 0, 'it is told');
      assert.match(bad.events.closed[0].reason, /larger than 1048576 bytes/);
      // It goes on sending; nobody listens, and it costs it nothing.
      for (let i = 0; i < 50; ++i) {
        bad.doc.getMap('map').set('n', i);
        await sleep(50);
      }
      other.text.insert(0, 'goes on');
      await converged([other, await fresh(t, server, 'h', `other-${version}`)]);
      assert.equal(counts.opened, 1);
      assert.equal(await server.metric('messages_too_big_total') > 0, true);
      assert.ok(bad.provider.hasUnsyncedChanges, 'it does not claim to be saved');
    });
  }
});

test('a token that is not valid any more', kTest, async (t) => {
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'right' } });
  for (const version of y_versions) {
    const counts = counting();
    const closed = [];
    const bad = await y_client(t, server, 'w', `doc-${version}`, { version, params: { token: 'stale' }, WebSocketPolyfill: counts.Socket, wait: false });
    bad.provider.on('connection-close', (event) => closed.push(event?.code));
    await sleep(4500);
    t.diagnostic(`y-websocket ${version}: ${counts.opened} connections in 4.5 s`);
    assert.ok(counts.opened <= (version === 3 ? 1 : 5), `y-websocket ${version}: ${counts.opened} connections`);
    assert.ok(closed.every((code) => code === 4401), `closed with ${closed}`);
    const start = Date.now();
    await y_client(t, server, 'w', `doc-${version}`, { version, params: { token: 'right' } });
    assert.ok(Date.now() - start < 3000, 'whoever has the right one gets in at once');
  }
});

test('names', { timeout: 300_000 }, async (t) => {
  const server = await Server.start(t);
  const names = ['https://example.com/page', '/leading', 'trailing/', '/', 'a//b', 'x'.repeat(1000), 'x'.repeat(1024), 'ünïcode/😀 and spaces',
    '100%', 'a%2', 'team@acme', "quote'and\"", 'a+b&c=d', '...', '.hidden/x'];
  await t.test('rooms of y-websocket, and the same documents of Hocuspocus and the HTTP API', kTest, async (t) => {
    for (const name of names) {
      const client = await y_client(t, server, 'team@acme', name);
      client.text.insert(0, name.slice(0, 50));
      const other = await h_client(t, server, 'team@acme', name, 4);
      await converged([client, other]);
      const url = `/v1/workspaces/team@acme/objects/${encodeURIComponent(name)}`;
      assert.equal((await server.json(url)).state.content, name.slice(0, 50), name);
      client.provider.destroy();
    }
    const { objects } = await server.json('/v1/workspaces/team@acme/objects?limit=1000');
    assert.deepEqual(new Set(objects), new Set(names));
  });

  await t.test('what is not allowed is refused in the protocol, with a reason and for good', kTest, async (t) => {
    const bad = [['w', 'a\u0001b', 4400], ['w', 'x'.repeat(1025), 4400], ['sp ace', 'doc', 4400], ['.own', 'doc', 4400], ['w'.repeat(129), 'doc', 4400],
      ['w', '.%2fpins', 4403], ['w', '', 4404], ['w', 'pl\u200ban', 4400], ['w', 'plan\u202e', 4400], ['w', 'e\u0301te\u0301', 4400]];
    for (const [workspace, name, code] of bad) {
      const counts = counting();
      const closed = [];
      const client = await y_client(t, server, encodeURIComponent(workspace), name, { WebSocketPolyfill: counts.Socket, wait: false });
      client.provider.on('closed', (event) => closed.push(event));
      await until(() => closed.length > 0, `'${workspace}/${name}' is refused`);
      assert.equal(closed[0].code, code, `${workspace}/${name}: ${closed[0].reason}`);
      assert.ok(closed[0].reason.length > 10);
      assert.equal(counts.opened, 1);
    }
    for (const version of hocuspocus_versions) {
      for (const [workspace, name] of [['w', './pins'], ['w', 'a/../b'], ['sp%20ace', 'doc'], ['w', 'x'.repeat(1025)]]) {
        const client = await h_client(t, server, workspace, name, version, { wait: false });
        await until(() => client.events.denied.length > 0, `'${workspace}/${name.slice(0, 20)}' is denied`);
        assert.ok(client.events.denied[0].length > 10);
      }
      // Such names may be those of objects from before; whether they are is known when the object is looked up.
      for (const [name, reason] of [['pl\u200ban', /U\+200B is invisible/], ['plan\u202e', /U\+202E is a control of writing direction/], ['e\u0301', /NFC/]]) {
        const client = await h_client(t, server, 'w', name, version, { wait: false });
        await until(() => client.events.closed.length > 0, `'${name}' is refused`);
        assert.match(client.events.closed[0].reason, reason);
        client.text.insert(0, 'ignored');
      }
      assert.deepEqual((await server.json('/v1/workspaces')).workspaces, ['team@acme']);
    }
  });

  await t.test('they are the same after a restart', kTest, async (t) => {
    await server.restart();
    for (const name of names) {
      const client = await y_client(t, server, 'team@acme', name);
      assert.equal(client.text.toString(), name.slice(0, 50));
    }
  });
});

const kKinds = [...y_versions.map((version) => ['y-websocket', version]), ...hocuspocus_versions.map((version) => ['Hocuspocus', version])];
const connect = ([kind, version], t, server, object) =>
  kind === 'y-websocket' ? y_client(t, server, 'w', object, { version }) : h_client(t, server, 'w', object, version);

test('presence over the limit is dropped, and the document goes on', kTest, async (t) => {
  const server = await Server.start(t);
  for (const kind of kKinds) {
    const object = `avatar-${kind.join('-')}`;
    const other = await y_client(t, server, 'w', object);
    const client = await connect(kind, t, server, object);
    let closes = 0;
    client.provider.on(kind[0] === 'Hocuspocus' ? 'close' : 'connection-close', () => ++closes);
    const seen = () => other.awareness.getStates().get(client.doc.clientID)?.user;
    client.awareness.setLocalStateField('user', 'Ann');
    await until(() => seen() === 'Ann', 'it is seen');
    client.awareness.setLocalStateField('avatar', 'x'.repeat(100_000));
    await until(() => seen() === undefined, 'it is gone');
    client.text.insert(0, 'the document goes on');
    await converged([client, other]);
    assert.equal(closes, 0, kind.join(' '));
    client.awareness.setLocalState({ user: 'Ann again' });
    await until(() => seen() === 'Ann again', 'it is seen again');
  }
});

test('a client that reconnects is seen by others at once', { timeout: 300_000 }, async (t) => {
  const server = await Server.start(t);
  for (const kind of kKinds) {
    await t.test(kind.join(' '), kTest, async (t) => {
      const object = `back-${kind.join('-')}`;
      const watching = [await y_client(t, server, 'w', object), await h_client(t, server, 'w', object, 4)];
      const client = await connect(kind, t, server, object);
      const reconnecting = kind[0] === 'Hocuspocus' ? client.provider.configuration.websocketProvider : client.provider;
      const all = (state) => watching.every(({ awareness }) => awareness.getStates().get(client.doc.clientID)?.user === state);
      client.awareness.setLocalStateField('user', 'there');
      await until(() => all('there'), 'it is seen');
      for (let round = 0; round < 3; ++round) {
        reconnecting.disconnect();
        // The Hocuspocus provider does not connect before it has noticed that it is not connected.
        await until(() => all(undefined) && (kind[0] !== 'Hocuspocus' || reconnecting.status === 'disconnected'), 'it is gone');
        const start = Date.now();
        reconnecting.connect();
        await until(() => all('there'), 'it is seen again', 5000);
        t.diagnostic(`seen after ${Date.now() - start} ms`);
        // Nothing that it does next is lost, and nobody takes its state back.
        for (let i = 0; i < 20; ++i) client.awareness.setLocalStateField('user', `${round}-${i}`);
        await until(() => all(`${round}-19`), 'its next state is seen', 5000);
        await sleep(200);
        assert.ok(all(`${round}-19`));
        assert.equal(client.awareness.getLocalState().user, `${round}-19`);
        client.awareness.setLocalStateField('user', 'there');
        await until(() => all('there'), 'and the one after it', 5000);
      }
      // The connections say nothing more to one another: no echo of an echo.
      const messages = await server.metric('awareness_received_total');
      await sleep(1000);
      assert.ok((await server.metric('awareness_received_total')) - messages < 10);
    });
  }
});
