// A verifier of checkpoints and proofs, written from the specifications alone (RFC 6962, C2SP signed-note,
// tlog-checkpoint and tlog-proof) with Node's own cryptography. Shares nothing with the server.

import { createHash, createPublicKey, verify } from 'node:crypto';
import assert from 'node:assert/strict';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const node_hash = (left, right) => sha256(Buffer.of(1), left, right);

// "<name>+<key id>+<base64 of 01 and the key>"
export function parse_key(text) {
  const [, name, id, base64] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  const typed = Buffer.from(base64, 'base64');
  assert.equal(typed.length, 33);
  assert.equal(typed[0], 1, 'Ed25519');
  assert.equal(sha256(name, '\n', typed).subarray(0, 4).toString('hex'), id);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), typed.subarray(1)]);
  return { name, id, key: createPublicKey({ key: spki, format: 'der', type: 'spki' }) };
}

// { origin, size, root } of a note that `key` signed; throws otherwise.
export function open_checkpoint(note, key) {
  const blank = note.lastIndexOf('\n\n');
  const text = note.slice(0, blank + 1);
  const signed = note.slice(blank + 2).split('\n').some((line) => {
    const [, name, base64] = /^— (\S+) (\S+)$/.exec(line) ?? [];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    return name === key.name && bytes.subarray(0, 4).toString('hex') === key.id && verify(null, text, key.key, bytes.subarray(4));
  });
  assert.ok(signed, 'signed by the key');
  const [origin, size, root] = text.split('\n');
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
}

// The largest power of two below n.
const split = (n) => 2 ** (Math.ceil(Math.log2(n)) - 1);

// RFC 6962's recursion the other way round: from the leaf and its siblings to the root.
function root_from_path(hash, index, size, path) {
  if (size === 1) {
    assert.equal(path.length, 0);
    return hash;
  }
  const k = split(size);
  const sibling = path.at(-1);
  const rest = path.slice(0, -1);
  return index < k
    ? node_hash(root_from_path(hash, index, k, rest), sibling)
    : node_hash(sibling, root_from_path(hash, index - k, size - k, rest));
}

// The event with this hash is in the log that `key` signed. Gives the checkpoint.
export function check_proof(text, event_hash, key) {
  const [head, note] = [text.slice(0, text.indexOf('\n\n')), text.slice(text.indexOf('\n\n') + 2)];
  const [version, index, ...hashes] = head.split('\n');
  assert.equal(version, 'c2sp.org/tlog-proof@v1');
  const checkpoint = open_checkpoint(note, key);
  const path = hashes.map((line) => Buffer.from(line, 'base64'));
  const root = root_from_path(event_hash, Number(/^index (\d+)$/.exec(index)[1]), checkpoint.size, path);
  assert.deepEqual(root, checkpoint.root);
  return checkpoint;
}

// SUBPROOF of RFC 6962: both roots from the proof.
function roots_from_consistency(m, n, old_root, whole, proof) {
  if (m === n) {
    if (whole) return [old_root, old_root];
    assert.equal(proof.length, 1);
    return [proof[0], proof[0]];
  }
  const k = split(n);
  const last = proof.at(-1);
  const rest = proof.slice(0, -1);
  if (m <= k) {
    const [old_part, part] = roots_from_consistency(m, k, old_root, whole, rest);
    return [old_part, node_hash(part, last)];
  }
  const [old_part, part] = roots_from_consistency(m - k, n - k, old_root, false, rest);
  return [node_hash(last, old_part), node_hash(last, part)];
}

export function check_consistency(older, newer, hashes) {
  const [old_root, root] = roots_from_consistency(older.size, newer.size, older.root, true, hashes.map((hash) => Buffer.from(hash, 'base64')));
  assert.deepEqual(old_root, older.root);
  assert.deepEqual(root, newer.root);
}
