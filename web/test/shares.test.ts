import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse_address } from '../src/address.ts';
import { grantee_of, grantee_words, left_words, link_of, links_of, people_of, place_words, read_sharing, suggested } from '../src/shares.ts';

const address = { workspace: 'demo', object: 'notes/plan', token: 'mine' };
const sharing = read_sharing({
  ruled: true,
  policies: 1,
  shares: [
    { resource: '', to: 'everyone', role: 'viewer' },
    { resource: 'notes/', to: 'group:design', role: 'editor' },
    { resource: 'notes/plan', to: 'principal:link:1-a', role: 'viewer', expires: '2026-01-01T00:00:10.000Z' },
    { resource: 'notes/plan', to: 'principal:bob', role: 'owner' },
    { resource: 'notes/plan', to: 'principal:ann@example.org', role: 'editor' },
    { resource: 'notes/plan', to: 'principal:x', role: 'boss' },
    null,
  ],
})!;

test('what the server tells, without what this page does not know', () => {
  assert.equal(sharing.shares.length, 5);
  assert.ok(sharing.ruled && sharing.policies);
  for (const bad of [null, {}, { shares: 'x' }]) assert.equal(read_sharing(bad), null);
});

test('people of the document first; links are no people, and end', () => {
  assert.deepEqual(people_of(sharing).map(({ to }) => to), ['principal:ann@example.org', 'principal:bob', 'group:design', 'everyone']);
  const end = Date.parse('2026-01-01T00:00:10.000Z');
  assert.equal(links_of(sharing, address, end - 1).length, 1);
  assert.equal(links_of(sharing, address, end).length, 0);
});

test('people who are here are suggested once, and whoever nobody vouches for last', () => {
  const person = (name: string, principal: string, verified = true) => ({ id: 1, name, color: '', verified, principal });
  const others = [
    person('Zed', '', false), person('Al', 'cy', false), person('Cy', 'cy'), person('Me', 'me'), person('Ann', 'ann@example.org'),
    person('Al', 'al'), person('Al', 'al'), person('Zed', 'anonymous', false), person('Lu', 'link:1-a', false),
  ];
  const found = (object: string) => suggested(others, 'me', sharing, { ...address, object }).map(({ name, principal, verified }) => [name, principal, verified]);
  const expected = [['Al', 'al', true], ['Cy', 'cy', true], ['Al', 'cy', false], ['Lu', '', false], ['Zed', '', false]];
  assert.deepEqual(found(address.object), expected);
  // A role elsewhere is none in this document.
  assert.deepEqual(found('notes/other'), [expected[0], ['Ann', 'ann@example.org', true], ...expected.slice(1)]);
});

test('words', () => {
  assert.equal(grantee_words('principal:ann', 'ann'), 'ann (you)');
  assert.equal(grantee_words('group:design', 'ann'), 'Group design');
  assert.equal(grantee_words('everyone', 'ann'), 'Everyone who is let in');
  assert.equal(place_words('notes/plan', address), '');
  assert.equal(place_words('notes/', address), 'in notes/');
  assert.equal(place_words('', address), 'in all of demo');
  assert.equal(left_words(60_000, 0), 'ends in 1 minute');
  assert.equal(left_words(86_400_000, 0), 'ends in 24 hours');
  assert.equal(left_words(0, 1), 'has ended');
});

test('whom a form names', () => {
  assert.equal(grantee_of('principal', ' ann@example.org '), 'principal:ann@example.org');
  assert.equal(grantee_of('group', 'design'), 'group:design');
  assert.equal(grantee_of('everyone', 'whatever'), 'everyone');
  for (const kind of ['principal', 'group', 'boss']) assert.equal(grantee_of(kind, kind === 'boss' ? 'x' : '  '), null);
});

test('a link opens the document with its ticket, under the same tenant', () => {
  const link = new URL(link_of(address, 'slt_t', 'https://x.example/t/acme/'));
  assert.equal(link.pathname, '/t/acme/');
  assert.deepEqual(parse_address(link.hash, ''), { ...address, token: 'slt_t' });
});
