// Whatever a client sends: it gets a clear answer in its own protocol, and nobody else notices.
//
// Beside every case two editors go on working on the same document; afterwards it has to be what they made it.

import assert from 'node:assert/strict';
import test from 'node:test';
import * as encoding from 'lib0/encoding';
import { encodeAwarenessUpdate } from 'y-protocols/awareness';
import { Y, converged, fresh, h_client, same_state, y_client } from './lib/clients.mjs';
import { Random, seed } from './lib/random.mjs';
import { Raw, Tcp, close_code_in, frame, y_awareness, y_message, y_sync } from './lib/raw.mjs';
import { Server } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 180_000 };
const kMalformed = 4400;

// Two editors of one document who must not notice anything.
class Bystanders {
  static async start(t, server, object) {
    const self = new Bystanders();
    Object.assign(self, { t, server, object });
    self.a = await y_client(t, server, 'w', object);
    self.b = await y_client(t, server, 'w', object);
    self.closes = 0;
    for (const { provider } of [self.a, self.b]) provider.on('connection-close', () => ++self.closes);
    await self.check();
    return self;
  }

  async check() {
    const word = `word ${Math.random()} `;
    this.a.text.insert(0, word);
    await until(() => this.b.text.toString().startsWith(word), 'the editors see each other');
    assert.equal(this.closes, 0, 'the editors stay connected');
    const late = await fresh(this.t, this.server, 'w', this.object);
    assert.ok(same_state([this.a.doc, this.b.doc, late.doc]), 'the document is what the editors made it');
    late.provider.destroy();
  }
}

const update_of = (edit) => {
  const doc = new Y.Doc();
  edit(doc);
  return Y.encodeStateAsUpdate(doc);
};

test('bad messages', { timeout: 540_000 }, async (t) => {
  const server = await Server.start(t);
  const others = await Bystanders.start(t, server, 'doc');
  // A client that is refused again and again is closed later and later: each of these is another one.
  let clients = 0;
  const path = (object = 'doc') => `/y/w/${object}?token=${++clients}`;
  const raw = (t, object) => new Raw(t, server.ws + path(object)).open();
  const good = update_of((doc) => doc.getText('content').insert(0, 'never to be seen'));

  const malformed = {
    'an empty message': new Uint8Array(0),
    'a type that is cut': Uint8Array.of(0x80),
    'a number without end': Uint8Array.of(...Array(12).fill(0xff)),
    'a sync message without a kind': Uint8Array.of(0),
    'an unknown kind of sync message': y_sync(7, new Uint8Array(0)),
    'an update that is cut by a byte': y_sync(2, good).slice(0, -1),
    'an update whose length is a lie': y_message(0, (e) => { encoding.writeVarUint(e, 2); encoding.writeVarUint(e, 2 ** 40); }),
    'bytes behind the end of a message': Uint8Array.of(...y_sync(2, good), 0),
    'bytes behind the end of the update': y_sync(2, Uint8Array.of(...good, 0)),
    'an update cut in the middle, with a right length': y_sync(2, good.slice(0, good.length >> 1)),
    'an empty update': y_sync(2, new Uint8Array(0)),
    'an update of 2^40 clients': y_sync(2, Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 1, 1, 0)),
    'an unknown struct kind': y_sync(2, Uint8Array.of(1, 1, 1, 0, 0x1f, 1, 1, 0, 0)),
    'text that is not UTF-8': y_sync(2, Uint8Array.of(1, 1, 1, 0, 4, 1, 1, 0x74, 2, 0xff, 0xfe, 0)),
    'a state vector that is cut': y_sync(0, Uint8Array.of(3, 1)),
    'an awareness message that is cut': y_awareness(Uint8Array.of(1, 5, 1)),
    'awareness that is not JSON': y_awareness(Uint8Array.of(1, 5, 1, 2, 0x7b, 0x7b)),
  };
  for (const [name, bytes] of Object.entries(malformed)) {
    await t.test(name, kTest, async (t) => {
      const bad = await raw(t);
      bad.send(bytes);
      const { code, reason } = await bad.closing();
      assert.equal(code, kMalformed, reason);
      assert.ok(reason.length > 5, `a reason is given: '${reason}'`);
      await others.check();
    });
  }

  await t.test('a message type that does not exist yet is ignored, as Yjs servers do', kTest, async (t) => {
    const odd = await raw(t);
    odd.send(y_message(42, (e) => encoding.writeVarString(e, 'from the future')));
    await others.check();
    assert.equal(odd.closed, null);
  });

  await t.test(`updates with any bytes changed (seed ${seed})`, { timeout: 360_000 }, async (t) => {
    const random = new Random();
    const rich = update_of((doc) => {
      doc.getText('content').insert(0, 'text', { bold: true });
      doc.getMap('map').set('k', [1, { a: 'ß' }]);
      doc.getXmlFragment('xml').insert(0, [new Y.XmlElement('p')]);
      doc.getArray('array').insert(0, [new Y.Map([['x', 1]]), 2]);
      doc.getArray('array').delete(1, 1);
    });
    // On a document of its own: some of the changed updates are valid.
    const seen = { refused: 0, taken: 0 };
    for (let i = 0; i < 150; ++i) {
      const bytes = Uint8Array.from(rich);
      for (let n = 1 + random.below(3); n > 0; --n) bytes[random.below(bytes.length)] = random.below(256);
      const bad = await raw(t, 'changed');
      bad.send(y_sync(2, bytes));
      bad.send(y_sync(0, Uint8Array.of(0)));
      await until(() => bad.closed || bad.messages.some((m) => m[0] === 0 && m[1] === 1), 'it is closed or answered');
      ++seen[bad.closed ? 'refused' : 'taken'];
      if (bad.closed) assert.ok([4400, 4409, 4413].includes(bad.closed.code), JSON.stringify(bad.closed));
      bad.socket.terminate();
    }
    assert.ok(seen.refused > 0 && seen.taken > 0, JSON.stringify(seen));
    // What was taken, the published Yjs can read, and the server can read again after a restart.
    const before = await fresh(t, server, 'w', 'changed');
    before.provider.destroy();
    await others.check();
  });

  await t.test(`random bytes (seed ${seed})`, kTest, async (t) => {
    const random = new Random(seed + 1);
    for (let i = 0; i < 60; ++i) {
      const bad = await raw(t);
      bad.send(random.bytes(1 + random.below(200)));
      await sleep(2);
      bad.socket.terminate();
    }
    await others.check();
  });

  await t.test('a client that has broken the rules may come back and behave', kTest, async (t) => {
    const bad = await raw(t);
    bad.send(malformed['an unknown kind of sync message']);
    await bad.closing();
    const again = await y_client(t, server, 'w', 'doc');
    await converged([again, others.a]);
  });

  await t.test('text instead of bytes', kTest, async (t) => {
    const bad = await raw(t);
    bad.send('hello');
    const { code, reason } = await bad.closing();
    assert.equal(code, 1003);
    assert.match(reason, /binary/);
    await others.check();
  });

  await t.test('a message larger than allowed, sent and announced', kTest, async (t) => {
    const before = await server.metric('process_resident_memory_bytes');
    const bad = await raw(t);
    bad.send(Buffer.alloc(33 * 2 ** 20));
    assert.equal((await bad.closing()).code, 4413);
    const liar = new Tcp(t, server);
    assert.equal(await liar.upgrade(path()), 101);
    liar.send(frame(2, Buffer.alloc(3000), { claim: 2 ** 50 }));
    assert.equal(close_code_in(await liar.end()), 4413);
    // Many frames that are small each.
    const pieces = new Tcp(t, server);
    await pieces.upgrade(path());
    const piece = frame(0, Buffer.alloc(2 ** 20), { final: false });
    pieces.send(frame(2, Buffer.alloc(1), { final: false }));
    for (let i = 0; i < 40 && !pieces.ended; ++i) pieces.send(piece);
    assert.equal(close_code_in(await pieces.end()), 4413);
    await others.check();
    assert.ok((await server.metric('process_resident_memory_bytes')) - before < 150e6);
  });

  await t.test('frames that RFC 6455 forbids', kTest, async (t) => {
    const cases = {
      'not masked': frame(2, Buffer.from([3]), { masked: false }),
      'reserved opcode': frame(5, Buffer.from([3])),
      'reserved bits': Buffer.concat([Buffer.from([0xf2]), frame(2, Buffer.from([3])).subarray(1)]),
      'a continuation of nothing': frame(0, Buffer.from([3])),
      'a fragmented ping': frame(9, Buffer.from([3]), { final: false }),
      'a ping that is too long': frame(9, Buffer.alloc(126)),
    };
    for (const [name, bytes] of Object.entries(cases)) {
      const bad = new Tcp(t, server);
      assert.equal(await bad.upgrade('/y/w/doc'), 101);
      bad.send(bytes);
      assert.equal(close_code_in(await bad.end()), 1002, name);
    }
    await others.check();
  });

  await t.test('awareness that is too large, or claims too many clients, is dropped', kTest, async (t) => {
    const { awareness } = await y_client(t, server, 'w', 'elsewhere');
    awareness.setLocalState({ blob: 'x'.repeat(100_000) });
    const bad = await raw(t);
    bad.send(y_awareness(encodeAwarenessUpdate(awareness, [awareness.clientID])));
    await until(() => bad.messages.some((m) => m[0] === 2), 'it is told why');
    const crowd = await raw(t);
    crowd.send(y_awareness(Uint8Array.from([...varuint(500), ...Array.from({ length: 500 }, (_, i) => [...varuint(i + 1000), 1, 2, 0x7b, 0x7d]).flat()])));
    await until(() => crowd.messages.some((m) => m[0] === 2), 'it is told why');
    assert.deepEqual([bad.closed, crowd.closed], [null, null], 'the document goes on');
    await others.check();
    assert.ok(others.a.awareness.getStates().size < 110);
  });

  await t.test('the document is the same after a restart', kTest, async (t) => {
    const before = Y.encodeStateAsUpdate(others.a.doc);
    const vector = Y.encodeStateVector(others.a.doc);
    others.a.provider.disconnect();
    others.b.provider.disconnect();
    await server.restart();
    const late = await fresh(t, server, 'w', 'doc');
    assert.deepEqual(Y.encodeStateVector(late.doc), vector);
    assert.deepEqual(Y.diffUpdate(before, Y.encodeStateVector(late.doc)), Y.encodeStateAsUpdate(late.doc, vector));
    await fresh(t, server, 'w', 'changed');
  });
});

function varuint(n) {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, n);
  return encoding.toUint8Array(encoder);
}

test('bad messages in the Hocuspocus protocol', { timeout: 180_000 }, async (t) => {
  const server = await Server.start(t);
  const others = await Bystanders.start(t, server, 'doc');
  const raw = () => new Raw(t, server.hocuspocus('w')).open();
  const message = (name, type, write = () => {}) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarString(encoder, name);
    encoding.writeVarUint(encoder, type);
    write(encoder);
    return encoding.toUint8Array(encoder);
  };
  const token = (name) => message(name, 2, (e) => { encoding.writeVarUint(e, 0); encoding.writeVarString(e, 'any'); });
  const sync = (name, kind, payload) => message(name, 0, (e) => { encoding.writeVarUint(e, kind); encoding.writeVarUint8Array(e, payload); });

  await t.test('what breaks the protocol closes the connection, with a reason', kTest, async (t) => {
    const cases = {
      empty: new Uint8Array(0),
      'a name that is cut': Uint8Array.of(9, 0x64),
      'a name that is not UTF-8': Uint8Array.of(2, 0xff, 0xfe, 0),
      'a sync message that is cut': message('doc', 0),
      'a token that is cut': message('doc', 2),
    };
    for (const [name, bytes] of Object.entries(cases)) {
      const bad = await raw();
      bad.send(token('doc')).send(bytes);
      const { code, reason } = await bad.closing();
      assert.ok(code >= 4000 && code < 5000, `${name}: ${code}`);
      assert.ok(reason.length > 5, `${name}: a reason is given`);
    }
    await others.check();
  });

  await t.test('a bad update ends its document, not the connection', kTest, async (t) => {
    const bad = await raw();
    bad.send(token('doc')).send(token('fine'));
    bad.send(sync('doc', 2, Uint8Array.of(1, 2, 3)));
    const closes = () => bad.messages.filter((m) => m[0] === 3 && m[4] === 7 && String.fromCharCode(...m.slice(1, 4)) === 'doc');
    await until(() => closes().length === 1 || bad.closed, 'the document is closed');
    assert.equal(bad.closed, null);
    bad.send(sync('fine', 0, Uint8Array.of(0)));
    await until(() => bad.messages.some((m) => m[0] === 4 && m[5] === 0 && m[6] === 1), 'the other is answered');
    await others.check();
  });

  await t.test('names that are not allowed are denied', kTest, async (t) => {
    for (const name of ['', '../up', './pins', 'a\u0001b', 'x'.repeat(1100)]) {
      const bad = await raw();
      bad.send(token(name));
      await until(() => bad.closed || bad.messages.length > 0, `'${name.slice(0, 9)}' is answered`);
    }
    const client = await h_client(t, server, 'w', 'a/../b', 4, { wait: false });
    await until(() => client.events.denied.length === 1, 'it is denied');
    assert.match(client.events.denied[0], /segment/);
    await others.check();
  });

  await t.test('too much before a token, and no token at all', kTest, async (t) => {
    const eager = await raw();
    for (let i = 0; i < 2000 && !eager.closed; ++i) eager.send(sync('doc', 0, new Uint8Array(10)));
    assert.match((await eager.closing()).reason, /token/);
    const silent = await raw();
    assert.equal((await silent.closing(15_000)).code, 4408);
    await others.check();
  });
});

test('wrong paths', { timeout: 180_000 }, async (t) => {
  const server = await Server.start(t);
  const others = await Bystanders.start(t, server, 'doc');

  await t.test('of a WebSocket: a close code and a reason in the protocol, or a status and a reason in JSON', kTest, async (t) => {
    const refused = {
      '/y/': 4400, '/y/w': 4404, '/y/w/': 4404, '/y/.hidden/doc': 4400, '/y/sp%20ace/doc': 4400, [`/y/${'w'.repeat(200)}/doc`]: 4400,
      '/y/w/x%2f%2e%2e': 4400, '/y/w/.%2fpins': 4403, '/y/w/%ff%fe': 4400, '/y/w/%00': 4400, [`/y/w/${'x'.repeat(1100)}`]: 4400,
    };
    for (const [path, code] of Object.entries(refused)) {
      const raw = await new Raw(t, server.ws + path).open();
      const closed = await raw.closing();
      assert.equal(closed.code, code, `${path}: ${closed.reason}`);
      assert.ok(raw.messages.some((m) => m[0] === 2), `${path}: the reason comes in the protocol, too`);
    }
    for (const path of ['/nothing', '/', '/yy/w/doc']) {
      const tcp = new Tcp(t, server);
      assert.equal(await tcp.upgrade(path), 404, `${path}: ${tcp.answer}`);
      const body = JSON.parse(tcp.answer.toString().split('\r\n\r\n')[1]);
      assert.ok(JSON.stringify(body).length > 20, `${path}: a reason is given`);
      tcp.socket.destroy();
    }
    await others.check();
  });

  await t.test('of HTTP', kTest, async () => {
    const cases = {
      '/nothing': 404, '/v1/': [400, 404], '/v1/nothing': [400, 404], '/v1/workspaces/w/objects/absent': 404, '/v1/workspaces/.x/objects': 400,
      '/v1/workspaces/w/objects?limit=0': 400, '/v1/workspaces/w/objects?limit=x': 400, '/v1/workspaces/w/log?after=-1': 400,
      '/v1/workspaces/w/objects/%ff': 400, '/y/w/doc': 426, '/hocuspocus/w': 426,
    };
    for (const [path, status] of Object.entries(cases)) {
      const got = await server.get(path);
      assert.ok([status].flat().includes(got.status), `${path}: ${got.status} ${got.text}`);
      assert.ok(Object.keys(JSON.parse(got.text)).length > 0, `${path}: JSON`);
    }
    const post = await fetch(`${server.url}/v1/workspaces`, { method: 'POST', body: '{}' });
    assert.equal(post.status, 405);
    await others.check();
  });

  await t.test('requests that are none', kTest, async (t) => {
    const cases = ['\0\0\0\0\r\n\r\n', 'GET\r\n\r\n', 'GET / HTTP/3.0\r\n\r\n', 'GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(10_000)}\r\n`, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'];
    for (const request of cases) {
      const tcp = new Tcp(t, server);
      tcp.send(Buffer.from(request, 'latin1'));
      const answer = (await tcp.end()).toString('latin1');
      assert.match(answer, /^HTTP\/1\.1 [45]\d\d /, JSON.stringify(request.slice(0, 40)));
    }
    await others.check();
  });
});

test('one client id in two replicas is refused, by name', kTest, async (t) => {
  const server = await Server.start(t);
  const others = await Bystanders.start(t, server, 'doc');
  const kId = 7_654_321;
  const first = await y_client(t, server, 'w', 'doc', { client_id: kId });
  const closes = [];
  first.provider.on('closed', (event) => closes.push(event));
  first.text.insert(0, 'first');
  await until(() => others.b.text.toString().includes('first'), 'the first is seen');

  // A copy of the device: the same id, another history.
  const copy = new Y.Doc();
  copy.clientID = kId;
  copy.getText('content').insert(0, 'second, and longer');
  const second = await new Raw(t, `${server.y('w')}/doc`).open();
  second.send(y_sync(2, Y.encodeStateAsUpdate(copy)));
  await sleep(50);
  if (!second.closed && closes.length === 0) first.text.insert(0, 'still typing ');
  await until(() => second.closed || closes.length > 0, 'one of the two is told');
  const { code, reason } = second.closed ?? closes[0];
  assert.equal(code, 4409);
  assert.match(reason, new RegExp(String(kId)), `the reason names the client id: ${reason}`);
  assert.ok(!others.a.text.toString().includes('second, and longer'));
  await others.check();
});
