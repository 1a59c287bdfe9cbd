import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { text_since, UnsavedText } from '../src/unsaved.ts';

function edited(): { text: Y.Text; unsaved: UnsavedText; edit: (act: (text: Y.Text) => void) => void } {
  const doc = new Y.Doc();
  const text = doc.getText('content');
  const unsaved = new UnsavedText(text);
  return { text, unsaved, edit: (act) => { act(text); unsaved.edited(); } };
}

test('what is confirmed is not given back, what was typed after it is', () => {
  const { unsaved, edit } = edited();
  for (const letter of 'saved') edit((text) => text.insert(text.length, letter));
  unsaved.settle(0);
  assert.deepEqual(unsaved.runs, []);
  for (const letter of ' lost') edit((text) => text.insert(text.length, letter));
  assert.deepEqual(unsaved.runs, [' lost']);
  unsaved.settle(3);
  assert.deepEqual(unsaved.runs, ['ost']);
});

test('in the order of the document, apart where something else stands between, without what was deleted again', () => {
  const { unsaved, edit } = edited();
  edit((text) => text.insert(0, 'The end'));
  unsaved.settle(0);
  edit((text) => text.insert(7, ' of it'));
  edit((text) => text.insert(4, 'very '));
  assert.deepEqual(unsaved.runs, ['very ', ' of it']);
  edit((text) => text.delete(4, 5));
  assert.deepEqual(unsaved.runs, [' of it']);
});

test('others\u2019 text is theirs, and a deletion alone has none', () => {
  const { text, unsaved, edit } = edited();
  const other = new Y.Doc();
  other.getText('content').insert(0, 'Bob was here');
  Y.applyUpdate(text.doc!, Y.encodeStateAsUpdate(other));
  edit((it) => it.delete(0, 3));
  assert.deepEqual(unsaved.runs, []);
  edit((it) => it.insert(4, 'Ada '));
  assert.deepEqual(unsaved.runs, ['Ada ']);
  assert.deepEqual(text_since(text, other.clientID, 0), [' was', ' here']);
});
