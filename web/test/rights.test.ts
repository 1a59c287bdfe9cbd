import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { read_rights } from '../src/rights.ts';
import { read_status } from '../src/socket.ts';

test('rights, as the server says them', () => {
  const may = { allowed: true };
  assert.deepEqual(read_rights({ rights: { write: may, restore: may, share: { allowed: false, reason: 'x' } } }), { write: true, restore: true, share: false, why_not_write: '', why_kept_out: '' });
  assert.equal(read_rights({ rights: { write: { allowed: false, reason: 'this token may read only' } } })?.why_not_write, 'this token may read only');
  assert.equal(read_rights({ rights: { connect: { allowed: false, reason: 'full' }, write: may } })?.why_kept_out, 'full');
  for (const bad of [null, 1, {}, { rights: null }, { rights: { write: true } }, { rights: { write: { allowed: 'yes' } } }]) assert.equal(read_rights(bad), null);
});

test('a status is a kind and words; a later kind is none', () => {
  const status = (kind: number, words: string) => {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, kind);
    encoding.writeVarString(encoder, words);
    return read_status(decoding.createDecoder(encoding.toUint8Array(encoder)));
  };
  assert.deepEqual(status(0, ''), { kind: 'reads', words: '' });
  assert.deepEqual(status(3, 'no'), { kind: 'refused', words: 'no' });
  assert.deepEqual(status(4, ''), { kind: 'less', words: '' });
  assert.equal(status(5, 'x'), null);
});
