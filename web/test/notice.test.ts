import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join_lost, notices_of } from '../src/notice.ts';

const online = { connection: 'online', loaded: true, unsaved: 0, reason: '', status: 0, read_only: false, why_read_only: '' } as const;
const only = (...args: Parameters<typeof notices_of>) => {
  const notices = notices_of(...args);
  assert.equal(notices.length, 1);
  return notices[0]!;
};

test('whoever may write and is connected is told nothing', () => {
  assert.deepEqual(notices_of(online, null, ''), []);
  assert.deepEqual(notices_of({ ...online, connection: 'offline' }, null, ''), []);
});

test('a reader is told why', () => {
  const by_token = only({ ...online, read_only: true, why_read_only: 'this token may read only' }, null, '');
  assert.equal(by_token.about, 'read-only');
  assert.match(by_token.words, /token is for reading/);
  assert.match(only({ ...online, read_only: true, why_read_only: 'the policy of this workspace does not allow: write note' }, null, '').words, /An owner/);
});

test('a refused edit says why, and keeps the text until its author is done', () => {
  const notice = only(online, { reason: 'the policy of this workspace does not allow: insert at /content/*', text: 'half a sentence' }, '');
  assert.match(notice.words, /^The rules of this workspace do not let you add text\. Nobody else/);
  assert.equal(notice.kept, 'half a sentence');
  assert.deepEqual(notice.actions, ['copy', 'drop']);
  assert.deepEqual(only(online, { reason: 'no', text: '\n' }, '').actions, ['drop']);
});

test('two refusals keep both texts, up to a bound', () => {
  assert.deepEqual(join_lost({ reason: 'a', text: 'one' }, { reason: 'b', text: 'two' }), { reason: 'b', text: 'one\ntwo' });
  assert.equal(join_lost(null, { reason: 'a', text: '' }).text, '');
  assert.equal(join_lost({ reason: 'a', text: 'x'.repeat(100_000) }, { reason: 'b', text: 'y' }).text.length, 100_000);
});

test('a refusal has a title, the reason and what can be done', () => {
  const refused = { ...online, connection: 'refused', reason: 'this link has ended', status: 403, read_only: true } as const;
  const notice = only(refused, null, '');
  assert.equal(notice.title, 'You may not open this document');
  assert.match(notice.words, /^This link has ended\. Whoever shares/);
  assert.deepEqual(notice.actions, ['retry', 'token']);
  assert.equal(only({ ...refused, status: 401, reason: 'a token is required' }, null, '').title, 'This server asks for a token');
  const kept = only({ ...refused, status: 401, unsaved: 2 }, null, 'mine');
  assert.match(kept.words, /2 changes of yours are in this window only/);
  assert.deepEqual(kept.actions, ['retry', 'token', 'copy']);
});

test('who is kept out for now is told the reason, and that the page goes on', () => {
  const notice = only({ ...online, connection: 'offline', reason: 'the workspace is being imported' }, null, '');
  assert.equal(notice.about, 'waiting');
  assert.match(notice.words, /^The workspace is being imported\. The page goes on trying\.$/);
});
