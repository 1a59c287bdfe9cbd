import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clean_name, initials, kColors, load_name, pick_color, random_name, read_person } from '../src/people.ts';

test('names of others are made harmless', () => {
  assert.equal(clean_name('  Jade\n\u202e Lynx\u0000 '), 'Jade Lynx');
  assert.equal([...clean_name('😀'.repeat(1000))].length, 40);
  for (const bad of [undefined, null, 7, {}, ['x']]) assert.equal(clean_name(bad), '');
});

test('colours of others are plain hexadecimal or nothing', () => {
  const color = (value: unknown) => read_person(1, { user: { name: 'x', color: value } }).color;
  assert.equal(color('#A0b1c2'), '#A0b1c2');
  for (const bad of ['red', '#fff', '#000000;position:fixed', 'url(x)', 3, null]) assert.equal(color(bad), '#6b7280');
});

test('any state at all reads as a person', () => {
  for (const state of [null, undefined, 1, 'x', {}, { user: null }, { user: 5 }]) {
    assert.deepEqual(read_person(9, state), { id: 9, name: 'Anonymous', color: '#6b7280' });
  }
});

test('initials', () => {
  assert.equal(initials('jade lynx'), 'JL');
  assert.equal(initials('one two three'), 'OT');
  assert.equal(initials('😀'), '😀');
  assert.equal(initials(''), '?');
});

test('of two with one colour, the larger id gives way', () => {
  const other = (id: number) => read_person(id, { user: { name: 'x', color: kColors[3] } });
  assert.equal(pick_color(3, [other(11)]), kColors[3]);
  assert.equal(pick_color(11, [other(3)]), kColors[0]);
});

test('with every colour taken, the own one stays', () => {
  const others = kColors.map((color, id) => read_person(id, { user: { name: 'x', color } }));
  assert.equal(pick_color(17, others), kColors[1]);
});

test('a name is made once and remembered, and storage may be missing', () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) } as unknown as Storage;
  const name = load_name(storage);
  assert.equal(load_name(storage), name);
  assert.ok(load_name(null).includes(' '));
  assert.equal(random_name(() => 0), 'Amber Badger');
});
