import assert from 'node:assert/strict';
import { test } from 'node:test';
import { word_diff } from '../src/word_diff.ts';

const sides = (before: string, after: string) => {
  const parts = word_diff(before, after);
  const without = (kind: string) => parts.filter((part) => part.kind !== kind).map((part) => part.text).join('');
  return { parts, before: without('added'), after: without('removed') };
};
const words = (before: string, after: string) => word_diff(before, after).filter((part) => part.kind !== 'same').map((part) => (part.kind === 'added' ? '+' : '-') + part.text);

test('whole words differ, not letters', () => {
  assert.deepEqual(words('On Monday we meet', 'On Tuesday we meet'), ['-Monday', '+Tuesday']);
  assert.deepEqual(words('the cat', 'the cats'), ['-cat', '+cats']);
  assert.deepEqual(words('abc', 'abc'), []);
  assert.deepEqual(words('', 'new'), ['+new']);
  assert.deepEqual(words('old', ''), ['-old']);
  assert.deepEqual(words('one two three four', 'one 2 three 4'), ['-two', '+2', '-four', '+4']);
});

test('both texts can be read from the parts, whatever they are', () => {
  let seed = 7;
  const random = (below: number) => (seed = (seed * 48271) % 2147483647) % below;
  const pieces = ['a', 'bb', ' ', '\n', '.', 'über', '文', '😀', 'a b', ''];
  const text = () => Array.from({ length: random(30) }, () => pieces[random(pieces.length)]).join('');
  for (let round = 0; round < 3000; ++round) {
    const [before, after] = [text(), text()];
    const found = sides(before, after);
    assert.equal(found.before, before);
    assert.equal(found.after, after);
  }
});

test('long texts: one place is cheap, and very different ones count as replaced', () => {
  const long = 'The quick brown fox jumps over the lazy dog. '.repeat(20_000);
  const began = performance.now();
  assert.deepEqual(words(long, long.slice(0, 450_000) + 'NEW ' + long.slice(450_000)), ['+NEW ']);
  assert.ok(performance.now() - began < 500, 'it takes little time');
  const other = Array.from({ length: 100_000 }, (_, index) => `w${index}`).join(' ');
  const found = sides(long, other);
  assert.equal(found.before, long);
  assert.equal(found.after, other);
  assert.ok(performance.now() - began < 3000, `it took ${performance.now() - began} ms`);
});
