import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authors_of, last_time, read_blame, type Run } from '../src/past.ts';
import { color_of } from '../src/color.ts';
import { read_person } from '../src/people.ts';

const run = (text: string, principal: string, actor: string, time = ''): Run => ({ text, principal, actor, time, position: 1 });

test('authors come in the order of their text, each with a colour of its own', () => {
  const authors = authors_of([run('abc', 'ada', '1'), run('de', 'bob', '2'), run('𝄞f', 'ada', '3')]);
  assert.deepEqual(authors.map(({ name, characters, color }) => [name, characters, color]), [
    ['ada', 5, color_of('ada')],
    ['bob', 2, color_of('bob')],
  ]);
});

test('where nobody has a name, connections are told apart', () => {
  const authors = authors_of([run('a', 'anonymous', 'c0ffee'), run('b', 'anonymous', 'beef01'), run('c', '', '')]);
  assert.deepEqual(authors.map((author) => author.name), ['Guest c0ff', 'Guest beef', 'Unknown']);
});

test('people are shown by name, and have one colour here and in the presence', () => {
  const ada = { ...run('abc', 'u1', '1'), name: 'Ada', verified: true };
  const eve = { ...run('de', 'anonymous', '2'), name: 'Eve', verified: false };
  const authors = authors_of([ada, eve, { ...eve, actor: '3' }]);
  assert.deepEqual(authors.map(({ name, characters }) => [name, characters]), [['Ada', 3], ['Eve (not verified)', 4]]);
  assert.equal(authors[0]!.color, read_person(1, { user: { name: 'Ada', id: 'u1', verified: true } }).color);
  assert.equal(authors[1]!.color, read_person(2, { user: { name: 'Eve', id: 'anonymous', verified: false } }).color);
  assert.equal(authors[1]!.color, read_person(2, { user: { name: 'Eve' } }).color);
  assert.deepEqual(authors_of([run('x', 'link:1-a', '9'), run('y', 'link:1-a', '9')]).map(({ name }) => name), ['Guest by a link']);
  // Nobody is taken for another who is known by that name.
  assert.equal(authors_of([ada, { ...run('x', 'u2', '4'), name: 'Ada', verified: true }]).length, 2);
});

test('of a document, the text that the editor shows', () => {
  const runs = [run('x', 'ada', '1', '2026-01-31T12:00:00.000Z'), run('y', 'ada', '1', '2026-01-30T12:00:00.000Z')];
  assert.deepEqual(read_blame({ position: 9, texts: [{ path: 'other', runs: [] }, { path: 'content', runs }] }, 'content'), { position: 9, runs });
  assert.deepEqual(read_blame({ position: 9, texts: [] }, 'content').runs, []);
  assert.equal(last_time(runs), '2026-01-31T12:00:00.000Z');
});
