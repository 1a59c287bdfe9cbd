import assert from 'node:assert/strict';
import { test } from 'node:test';
import { color_of } from '../src/color.ts';
import { clean_name, initials, load_name, random_name, read_person, title_of } from '../src/people.ts';

test('names of others are made harmless', () => {
  assert.equal(clean_name('  Jade\n\u202e Lynx\u0000 '), 'Jade Lynx');
  assert.equal([...clean_name('😀'.repeat(1000))].length, 40);
  for (const bad of [undefined, null, 7, {}, ['x']]) assert.equal(clean_name(bad), '');
});

test('a colour belongs to a person: to the id, else to the name, and never to what a client announces', () => {
  const color = (user: object) => read_person(1, { user }).color;
  assert.equal(color({ name: 'Ada', id: 'u1', color: 'url(x)' }), color_of('u1'));
  assert.equal(color({ name: 'Ada', id: 'u1', verified: true }), color({ name: 'A. L.', id: 'u1' }));
  assert.equal(color({ name: 'Ada', id: 'anonymous', verified: false }), color_of('Ada'));
  assert.equal(color({ name: 'Ada', id: 7 }), color_of('Ada'));
});

test('colours are plain, stay the same, and bear white letters', () => {
  assert.equal(color_of('ada'), '#258193');
  const colors = new Set(Array.from({ length: 1000 }, (_, i) => color_of(`u${i}`)));
  assert.equal(colors.size, 36);
  for (const color of colors) {
    assert.match(color, /^#[0-9a-f]{6}$/);
    const [r, g, b] = [1, 3, 5].map((at) => {
      const c = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    assert.ok(1.05 / (0.2126 * r! + 0.7152 * g! + 0.0722 * b! + 0.05) > 4.4, color);
  }
});

test('only the server says that somebody is verified', () => {
  assert.equal(title_of(read_person(1, { user: { name: 'Ada', verified: true } })), 'Ada');
  for (const verified of [undefined, false, 'true', 1]) assert.equal(title_of(read_person(1, { user: { name: 'Ada', verified } })), 'Ada (not verified)');
});

test('an id is one that can be shown, and vouched for or not', () => {
  const id = (user: object) => [read_person(1, { user }).principal, read_person(1, { user }).verified];
  assert.deepEqual(id({ id: 'u1', verified: true }), ['u1', true]);
  assert.deepEqual(id({ id: 'u1' }), ['u1', false]);
  for (const bad of [7, null, '\u202eu1', 'a\nb', 'x'.repeat(257)]) assert.deepEqual(id({ id: bad }), ['', false]);
});

test('any state at all reads as a person', () => {
  for (const state of [null, undefined, 1, 'x', {}, { user: null }, { user: 5 }]) {
    assert.deepEqual(read_person(9, state), { id: 9, name: 'Anonymous', color: color_of('Anonymous'), verified: false, principal: '' });
  }
});

test('initials', () => {
  assert.equal(initials('jade lynx'), 'JL');
  assert.equal(initials('one two three'), 'OT');
  assert.equal(initials('😀'), '😀');
  assert.equal(initials(''), '?');
});

test('a name is made once and remembered, and storage may be missing', () => {
  const kept = new Map<string, string>();
  const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) } as unknown as Storage;
  const name = load_name(storage);
  assert.equal(load_name(storage), name);
  assert.ok(load_name(null).includes(' '));
  assert.equal(random_name(() => 0), 'Amber Badger');
});
