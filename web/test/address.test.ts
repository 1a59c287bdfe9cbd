import assert from 'node:assert/strict';
import { test } from 'node:test';
import { base_path, parse_address, parse_typed, socket_url, to_hash } from '../src/address.ts';

const here = { protocol: 'http:', host: '127.0.0.1:8080' };
const welcome = { workspace: 'demo', object: 'welcome', token: null };

test('an empty URL is the welcome document', () => {
  for (const hash of ['', '#', '#/', '#//', '#foo']) assert.deepEqual(parse_address(hash, ''), welcome);
});

test('the hash names workspace and object, slashes included', () => {
  assert.deepEqual(parse_address('#/team/notes/2024/plan', ''), { workspace: 'team', object: 'notes/2024/plan', token: null });
  assert.deepEqual(parse_address('#/team', ''), { workspace: 'team', object: 'welcome', token: null });
});

test('the query serves when the hash is silent, and loses when it is not', () => {
  assert.deepEqual(parse_address('', '?workspace=w&object=a/b&token=t'), { workspace: 'w', object: 'a/b', token: 't' });
  assert.deepEqual(parse_address('#/x/y?token=mine', '?workspace=w&object=o&token=t'), { workspace: 'x', object: 'y', token: 'mine' });
  assert.deepEqual(parse_address('#/x/y', '?token=t'), { workspace: 'x', object: 'y', token: 't' });
});

test('a token alone in the hash', () => {
  assert.deepEqual(parse_address('#token=s3cr%2Ft', ''), { ...welcome, token: 's3cr/t' });
  assert.deepEqual(parse_address('#/demo/welcome&token=abc', ''), { ...welcome, token: 'abc' });
});

test('names that need escaping survive the round trip', () => {
  for (const object of ['notes/welcome', 'a b/ü?#&=%', 'x%2Fy', '日本/語', "it's", '..hidden/...']) {
    const address = { workspace: 'w ö?', object, token: 't&=/ #' };
    assert.deepEqual(parse_address(to_hash(address, true), ''), address);
    assert.deepEqual(parse_address(to_hash(address, false), ''), { ...address, token: null });
  }
});

test('what browsers fold out of a path is folded before', () => {
  assert.equal(parse_address('#/demo/a//b/../c/./d/', '').object, 'a/b/c/d');
  assert.equal(parse_address('#/demo/..', '').object, 'welcome');
  assert.equal(parse_address('#/demo/a%2F..%2Fb', '').object, 'a/b');
});

test('broken escapes are taken literally', () => {
  assert.equal(parse_address('#/demo/100%', '').object, '100%');
});

test('the switcher: a name stays in the workspace, a path leaves it', () => {
  const current = { workspace: 'team', object: 'plan', token: 't' };
  assert.deepEqual(parse_typed(' ideas ', current), { ...current, object: 'ideas' });
  assert.deepEqual(parse_typed('/other/notes/x', current), { workspace: 'other', object: 'notes/x', token: 't' });
  assert.deepEqual(parse_typed('  ', current), current);
});

test('the socket address keeps slashes of the object and escapes the rest', () => {
  const address = { workspace: 'a/b c', object: 'notes/über?', token: null };
  assert.deepEqual(socket_url(address, here), { server: 'ws://127.0.0.1:8080/y/a%2Fb%20c', room: 'notes/%C3%BCber%3F' });
  assert.equal(socket_url(welcome, { protocol: 'https:', host: 'x.example' }).server, 'wss://x.example/y/demo');
});

test('a page of a tenant, or under a path of a proxy, stays there', () => {
  assert.equal(socket_url(welcome, { ...here, pathname: '/t/acme/' }).server, 'ws://127.0.0.1:8080/t/acme/y/demo');
  assert.equal(socket_url(welcome, { ...here, pathname: '/docs/t/acme/' }).server, 'ws://127.0.0.1:8080/docs/t/acme/y/demo');
  assert.equal(socket_url(welcome, here).server, 'ws://127.0.0.1:8080/y/demo');
  for (const pathname of ['', '/', '/index.html']) assert.equal(base_path(pathname), '');
  assert.equal(base_path('/docs/'), '/docs');
  assert.equal(base_path('/t/acme/index.html'), '/t/acme');
});
