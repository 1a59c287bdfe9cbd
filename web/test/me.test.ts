import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read_me, reason_of } from '../src/me.ts';
import { load_token, save_token } from '../src/token.ts';

test('who one is, as the server says it', () => {
  assert.deepEqual(read_me({ principal: 'u1', name: 'Ada', verified: true, rights: 'read', expires: null }), { principal: 'u1', name: 'Ada', verified: true, rights: 'read' });
  assert.deepEqual(read_me({ principal: 'u1', name: null, verified: 1, rights: 'x' }), { principal: 'u1', name: '', verified: false, rights: 'admin' });
  for (const bad of [null, 'x', 7, {}, { principal: 1 }]) assert.equal(read_me(bad), null);
});

test('why a token is asked for', () => {
  assert.match(reason_of(null, 'x'), /whoever has a token/);
  assert.equal(reason_of('t', 'the token has expired'), 'Your token was refused: the token has expired');
  assert.equal(reason_of('t', ''), 'Your token was refused.');
});

test('a token is kept in the tab, and can be given up', () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v), removeItem: (k: string) => void kept.delete(k) } as unknown as Storage;
  save_token(storage, 't');
  assert.equal(load_token(storage), 't');
  save_token(storage, null);
  assert.equal(load_token(storage), null);
  save_token(null, 't');
  assert.equal(load_token(null), null);
});
