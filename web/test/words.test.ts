import assert from 'node:assert/strict';
import { test } from 'node:test';
import { left_behind, read_list } from '../src/kept.ts';
import { other_kind, renamed_to } from '../src/other.ts';
import { count_words, size_words, when_words } from '../src/words.ts';
import { object_link, people_here, read_deleted, read_rows, workspace_of } from '../src/workspace.ts';

test('sizes and counts', () => {
  assert.deepEqual([0, 999, 1000, 15_400, 2_500_000, 3e9, 5e12].map(size_words), ['0 B', '999 B', '1.0 kB', '15 kB', '2.5 MB', '3.0 GB', '5000 GB']);
  assert.deepEqual([count_words(1, 'change'), count_words(1200, 'change')], ['1 change', '1,200 changes']);
});

test('moments', () => {
  const now = new Date(2026, 4, 10, 15, 0).getTime();
  assert.equal(when_words(now - 5_000, now), 'just now');
  assert.equal(when_words(now - 60_000, now), '1 minute ago');
  assert.equal(when_words(now - 3 * 3_600_000, now), 'today, 12:00');
  assert.equal(when_words(now - 24 * 3_600_000, now), 'yesterday, 15:00');
  assert.match(when_words(new Date(2026, 2, 3, 9, 5).getTime(), now), /^3 Mar, 09:05$/);
  assert.match(when_words(new Date(2025, 2, 3).getTime(), now), /^3 Mar 2025$/);
});

test('what a refusal means', () => {
  assert.equal(other_kind("an object of type 'blob' cannot be opened through 'yjs'"), 'blob');
  assert.equal(other_kind("an object of type 'table' cannot be opened through 'yjs'"), null);
  assert.equal(renamed_to('renamed to notes/plan b'), 'notes/plan b');
  assert.equal(renamed_to('no'), null);
});

test('only what closed tabs have left is taken over', () => {
  const entry = (store: string, alive: number, document = '/w/a') => ({ store, document, client: 1, clock: 0, edits: 1, alive });
  const list = read_list(JSON.stringify([entry('open', 99_000), entry('closed', 0), entry('crashed', 50_000), entry('other', 0, '/w/b'), { store: 1 }, null]));
  assert.equal(list.length, 4);
  assert.deepEqual(left_behind(list, '/w/a', 100_000).map(({ store }) => store), ['closed', 'crashed']);
  for (const broken of [null, '', '{', '{}', '3']) assert.deepEqual(read_list(broken), []);
});

test('the workspace that a path names', () => {
  assert.equal(workspace_of('/w/team'), 'team');
  assert.equal(workspace_of('/t/acme/w/a%2Bb'), 'a+b');
  assert.equal(object_link('team', 'notes/a b'), '../#/team/notes/a%20b');
});

test('rows of objects, as far as the server tells', () => {
  const { rows, next } = read_rows({ details: [
    { object: 'a', type: 'doc', size: 5, time: '2026-05-01T00:00:00Z', principal: 'u1', name: 'Ada', verified: true },
    { object: 'b', type: 'blob', size: 6, time: '2026-05-01T00:00:00Z' },
    { object: 'c', damaged: true },
  ], next: 'c' });
  assert.deepEqual(rows.map(({ author, damaged }) => [author, damaged]), [['Ada', false], ['', false], ['', true]]);
  assert.equal(next, 'c');
  assert.deepEqual(read_rows(null), { rows: [], next: null });
});

test('who is here: people once, guests as a number', () => {
  const guest = { principal: 'anonymous', name: '', verified: false, connections: 2 };
  const ada = { principal: 'u1', name: 'Ada', verified: true, connections: 1 };
  assert.deepEqual(people_here([{ object: 'a', people: [ada, guest] }, { object: 'b', people: [ada] }]).map(({ name }) => name), ['Ada', '2 guests']);
});

test('deleted objects that can come back', () => {
  const each = (object: string, more: object) => ({ object, deleted: '2026-05-01T00:00:00Z', erase_at: '2026-06-01T00:00:00Z', erased: false, ...more });
  const found = read_deleted({ objects: [each('a', {}), each('b', { erased: true }), each('c', { erase_at: '2026-05-02T00:00:00Z' })] }, Date.parse('2026-05-10T00:00:00Z'));
  assert.deepEqual(found.map(({ object }) => object), ['a']);
});
