import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe_connection, describe_count, describe_reason, describe_saved } from '../src/describe.ts';

const online = { connection: 'online', loaded: true, unsaved: 0, reason: '', read_only: false } as const;

test('saved is said only when nothing is outstanding and the document is here', () => {
  assert.deepEqual(describe_saved(online), { state: 'saved', words: 'Saved' });
  assert.equal(describe_saved({ ...online, unsaved: 1 }).state, 'saving');
  assert.equal(describe_saved({ ...online, loaded: false }).state, 'loading');
});

test('offline edits are counted', () => {
  const offline = { ...online, connection: 'offline' } as const;
  assert.equal(describe_saved({ ...offline, unsaved: 1 }).words, 'Offline — 1 change kept here until you are back');
  assert.equal(describe_saved({ ...offline, unsaved: 12 }).words, 'Offline — 12 changes kept here until you are back');
  assert.equal(describe_saved({ ...offline, loaded: false, unsaved: 2 }).state, 'kept');
  assert.equal(describe_saved(offline).words, 'Saved');
});

test('a refusal is not dressed up as a lost connection', () => {
  const refused = { ...online, connection: 'refused', reason: 'no such workspace' } as const;
  assert.equal(describe_connection(refused), 'Refused: no such workspace');
  assert.equal(describe_saved({ ...refused, unsaved: 3 }).words, '3 changes not saved, kept here only');
});

test('words', () => {
  assert.equal(describe_count(''), '0 words');
  assert.equal(describe_count(' one\n'), '1 word');
  assert.equal(describe_count('one two\nthree'), '3 words');
});

test('a limit is said in words of its own', () => {
  const refused = { ...online, connection: 'refused' } as const;
  const full = 'over the quota: this tenant may have 1000000 stored bytes';
  assert.match(describe_connection({ ...refused, reason: full }), /^Your organization has reached its limit of 1,000,000 stored bytes\./);
  assert.match(describe_reason('over the quota: this workspace may have 3 objects'), /^This workspace .* 3 objects\./);
  assert.match(describe_reason('over the quota: this tenant changes too much at once'), /Try again in a moment/);
  assert.equal(describe_reason('this token may only read'), 'this token may only read');
  assert.equal(describe_connection({ ...refused, reason: 'unknown token' }), 'Refused: unknown token');
});

test('who may only read is told so', () => {
  assert.match(describe_connection({ ...online, read_only: true }), /read, not write/);
  assert.equal(describe_connection(online), 'Online');
});
