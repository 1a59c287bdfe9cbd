import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe_connection, describe_count, describe_reason, describe_saved } from '../src/describe.ts';

const online = { connection: 'online', loaded: true, unsaved: 0, reason: '', status: 0, read_only: false, why_read_only: '' } as const;

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

test('who is kept out is not told that the network is to blame', () => {
  const offline = { ...online, connection: 'offline' } as const;
  assert.equal(describe_connection(offline), 'Offline, retrying…');
  assert.equal(describe_connection({ ...offline, reason: 'the workspace is being imported' }), 'Not let in, retrying…');
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

test('what the rules refuse is said without their language, where that loses nothing', () => {
  const refused = (what: string) => describe_reason(`the policy of this workspace does not allow: ${what}`);
  assert.equal(refused('insert at /content/*'), 'The rules of this workspace do not let you add text.');
  assert.equal(refused('read notes/the plan'), 'The rules of this workspace do not let you read this document.');
  assert.equal(describe_reason('the policy of this tenant does not allow: write note'), 'The rules of your organization do not let you change this document.');
  for (const other of ['insert at /budget', 'retention in this workspace']) assert.equal(refused(other), `the policy of this workspace does not allow: ${other}`);
});

test('who may only read is told so', () => {
  assert.match(describe_connection({ ...online, read_only: true }), /read, not write/);
  assert.equal(describe_connection(online), 'Online');
});
