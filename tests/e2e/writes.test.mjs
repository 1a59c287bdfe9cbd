// Scripts write over HTTP while published editors are connected: what was not touched keeps its place and its cursors.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Y, converged, fresh, y_client } from './lib/clients.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 60_000 };
const kTextOps = 'application/vnd.syncline.text+json';

function at(server, object) {
  const url = `${server.url}/v1/workspaces/team/objects/${object}`;
  return async (method, { type, body, query = '', ...headers } = {}) => {
    const sent = typeof body === 'string' || body instanceof Uint8Array || body === undefined ? body : JSON.stringify(body);
    const response = await fetch(url + query, { method, body: sent, headers: { ...(type && { 'Content-Type': type }), ...headers } });
    const text = await response.text();
    return { status: response.status, headers: response.headers, etag: response.headers.get('ETag'), text,
             json: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
}

const text_ops = (...ops) => ({ type: kTextOps, body: { root: 'content', ops } });

test('an open editor keeps its cursor while a script edits around it', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = at(server, 'plan');
  const ann = await y_client(t, server, 'team', 'plan');
  ann.text.insert(0, 'The quick brown fox jumps over the lazy dog');
  await converged([ann, await fresh(t, server, 'team', 'plan')]);
  const cursor = Y.createRelativePositionFromTypeIndex(ann.text, 16);  // before "fox"

  const inserted = await ask('PATCH', text_ops({ insert: ' very', before: ' quick' }, { replace: { quote: 'lazy' }, with: 'sleepy' }));
  assert.equal(inserted.status, 200, inserted.text);
  assert.equal(inserted.json.changed, true);
  await until(() => ann.text.toString() === 'The very quick brown fox jumps over the sleepy dog', 'the editor shows the change');
  const put = await ask('PUT', { type: 'text/plain', query: '?root=content', body: 'A very quick brown fox leaps over the sleepy dog!' });
  assert.equal(put.status, 200, put.text);
  await until(() => ann.text.toString() === 'A very quick brown fox leaps over the sleepy dog!', 'the editor shows the text');
  const now = Y.createAbsolutePositionFromRelativePosition(cursor, ann.doc);
  assert.equal(ann.text.toString().slice(now.index, now.index + 3), 'fox');

  // Both go on, at the same time.
  ann.text.insert(ann.text.length, ' Yes.');
  await ask('PATCH', text_ops({ insert: 'Note: ', at: 0 }));
  const other = await fresh(t, server, 'team', 'plan');
  await until(() => other.text.toString() === 'Note: A very quick brown fox leaps over the sleepy dog! Yes.', 'both edits are there');
  await converged([ann, other]);
  const gone = await ask('PATCH', text_ops({ delete: { quote: 'jumps' } }));
  assert.equal(gone.status, 409);
  assert.match(gone.json.error.message, /0 candidates/);
});

test('JSON: patches, whole values and list identity, beside an editor', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = at(server, 'board');
  const items = [{ id: 1, title: 'one' }, { id: 2, title: 'two' }, { id: 3, title: 'three' }];
  assert.equal((await ask('PUT', { type: 'application/json', body: { board: { items } } })).status, 201);
  const ann = await y_client(t, server, 'team', 'board');
  const list = ann.doc.getMap('board').get('items');
  const second = list.get(1);
  // The application edits the second one while the script removes the first and changes the third.
  second.set('title', 'TWO');
  await until(async () => (await ask('GET')).json.state.board.items[1].title === 'TWO', 'the edit has arrived');
  const changed = await ask('PATCH', { type: 'application/json-patch+json', body: [
    { op: 'test', path: '/board/items/1/title', value: 'TWO' }, { op: 'remove', path: '/board/items/0' },
    { op: 'replace', path: '/board/items/1/title', value: 'THREE' }, { op: 'add', path: '/board/items/-', value: { id: 4, title: 'four' } }] });
  assert.equal(changed.status, 200, changed.text);
  await until(() => list.length === 3 && list.get(1).get('title') === 'THREE', 'the editor shows the change');
  assert.equal(list.get(0), second, 'the same shared map');
  const put = await ask('PUT', { type: 'application/json', query: '?path=/board/items', body: [{ id: 9, title: 'nine' }, { id: 2, title: 'two again' }, { id: 4, title: 'four' }] });
  assert.equal(put.status, 200, put.text);
  await until(() => list.get(0).get('title') === 'nine', 'the editor shows the list');
  assert.equal(list.get(1), second, 'still the same shared map');
  assert.equal(second.get('title'), 'two again');
  assert.equal((await ask('PATCH', { type: 'application/merge-patch+json', body: { board: { done: true, items: null } } })).status, 200);
  assert.deepEqual((await ask('GET')).json.state, { board: { done: true } });
});

test('ETags, keys and waiting: nothing is written twice or over something newer', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = at(server, 'log');
  const add = (line, key) => ({ ...text_ops({ insert: line, at: 'end' }), ...(key && { 'Idempotency-Key': key }) });
  const first = await ask('PATCH', add('one\n', 'k1'));
  assert.equal(first.status, 201, first.text);
  const again = await ask('PATCH', add('one\n', 'k1'));
  assert.deepEqual([again.status, again.etag, again.headers.get('Idempotent-Replayed')], [200, first.etag, 'true']);
  await server.restart();
  assert.equal((await ask('PATCH', add('one\n', 'k1'))).etag, first.etag, 'known after kill -9');
  assert.equal((await ask('PATCH', add('two\n', 'k1'))).status, 422);

  assert.equal((await ask('GET', { 'If-None-Match': first.etag })).status, 304);
  const waiting = ask('GET', { 'If-None-Match': first.etag, query: '?wait=20' });
  const second = await ask('PATCH', { ...add('two\n'), 'If-Match': first.etag });
  assert.equal(second.status, 200, second.text);
  const seen = await waiting;
  assert.deepEqual([seen.status, seen.etag, seen.json.state.content], [200, second.etag, 'one\ntwo\n']);
  assert.equal((await ask('PATCH', { ...add('lost\n'), 'If-Match': first.etag })).status, 412);
  assert.equal((await ask('GET', { 'If-None-Match': second.etag, query: '?wait=1' })).status, 304);
  assert.equal((await ask('GET')).json.state.content, 'one\ntwo\n');
});

test('Yjs updates, of both versions, by a script that keeps a replica', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = at(server, 'replica');
  const doc = new Y.Doc();
  doc.getText('content').insert(0, 'hello');
  assert.equal((await ask('PATCH', { type: 'application/vnd.yjs.update', body: Y.encodeStateAsUpdate(doc) })).status, 201);
  doc.getText('content').insert(5, ' again');
  assert.equal((await ask('PATCH', { type: 'application/vnd.yjs.update; version=2', body: Y.encodeStateAsUpdateV2(doc) })).status, 200);
  assert.equal((await ask('GET')).json.state.content, 'hello again');
});
