import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authors_of, last_time, read_blame, type Run } from '../src/past.ts';
import { kColors } from '../src/people.ts';

const run = (text: string, principal: string, actor: string, time = ''): Run => ({ text, principal, actor, time, position: 1 });

test('authors come in the order of their text, each with a colour of its own', () => {
  const authors = authors_of([run('abc', 'ada', '1'), run('de', 'bob', '2'), run('𝄞f', 'ada', '3')]);
  assert.deepEqual(authors.map(({ name, characters, color }) => [name, characters, color]), [
    ['ada', 5, kColors[0]],
    ['bob', 2, kColors[1]],
  ]);
});

test('where nobody has a name, connections are told apart', () => {
  const authors = authors_of([run('a', 'anonymous', 'c0ffee'), run('b', 'anonymous', 'beef01'), run('c', '', '')]);
  assert.deepEqual(authors.map((author) => author.name), ['Guest c0ff', 'Guest beef', 'Unknown']);
});

test('of a document, the text that the editor shows', () => {
  const runs = [run('x', 'ada', '1', '2026-01-31T12:00:00.000Z'), run('y', 'ada', '1', '2026-01-30T12:00:00.000Z')];
  assert.deepEqual(read_blame({ position: 9, texts: [{ path: 'other', runs: [] }, { path: 'content', runs }] }, 'content'), { position: 9, runs });
  assert.deepEqual(read_blame({ position: 9, texts: [] }, 'content').runs, []);
  assert.equal(last_time(runs), '2026-01-31T12:00:00.000Z');
});
