import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as Y from 'yjs';
import { is_plain_text, read_model, roots_of, text_of_model } from '../src/model.ts';

// As a reader has it who knows nothing of the kinds of the roots.
function received(write: (doc: Y.Doc) => void): Y.Doc {
  const [written, read] = [new Y.Doc(), new Y.Doc()];
  write(written);
  Y.applyUpdate(read, Y.encodeStateAsUpdate(written));
  return read;
}

const shown = (write: (doc: Y.Doc) => void) => read_model(received(write)).roots.map(({ name, kind }) => [name, kind]);

test('the kinds of roots are found in what they hold', () => {
  assert.deepEqual(shown((doc) => doc.getText('content').insert(0, 'words')), [['content', 'text']]);
  assert.deepEqual(shown((doc) => doc.getMap('board').set('title', 'Plan')), [['board', 'data']]);
  assert.deepEqual(shown((doc) => doc.getArray('rows').push([1, { a: 2 }])), [['rows', 'data']]);
  assert.deepEqual(shown((doc) => doc.getText('quill').applyDelta([{ insert: 'a', attributes: { bold: true } }])), [['quill', 'rich']]);
  assert.deepEqual(shown((doc) => doc.getXmlFragment('default').insert(0, [new Y.XmlElement('paragraph')])), [['default', 'rich']]);
  assert.deepEqual(shown((doc) => doc.getArray('nested').push([new Y.Map([['a', 1]])])), [['nested', 'data']]);
});

test('roots that hold nothing, or nothing any more, are none', () => {
  assert.deepEqual(shown((doc) => {
    doc.getText('empty');
    doc.getText('gone').insert(0, 'x');
    doc.getText('gone').delete(0, 1);
    doc.getMap('removed').set('a', 1);
    doc.getMap('removed').delete('a');
  }), []);
});

test('XML under the name of the text is no text', () => {
  const doc = received((written) => written.getXmlFragment('content').insert(0, [new Y.XmlElement('paragraph')]));
  assert.equal(is_plain_text(doc.getText('content')), false);
  assert.deepEqual(roots_of(doc), ['content']);
  assert.equal(read_model(doc).roots[0]!.kind, 'rich');
});

test('rich text has its marks, attributes and children', () => {
  const doc = received((written) => {
    const heading = new Y.XmlElement('heading');
    heading.setAttribute('level', 2 as unknown as string);
    const text = new Y.XmlText();
    text.applyDelta([{ insert: 'Plan ' }, { insert: 'now', attributes: { bold: true } }]);
    heading.insert(0, [text]);
    written.getXmlFragment('default').insert(0, [heading]);
  });
  const model = read_model(doc);
  assert.deepEqual(model.roots[0]!.node, {
    kind: 'element', name: '', attributes: {}, children: [{
      kind: 'element', name: 'heading', attributes: { level: { kind: 'value', value: 2 } }, children: [{
        kind: 'element', name: '', attributes: {}, children: [{ kind: 'text', text: 'Plan ', marks: {} }, { kind: 'text', text: 'now', marks: { bold: true } }],
      }],
    }],
  });
  assert.equal(text_of_model(model), 'Plan now');
});

// Yjs 14 has one type for all, so a root may have a sequence and attributes.
test('a sequence with attributes shows both', () => {
  const read = new Y.Doc();
  for (const write of [(doc: Y.Doc) => doc.getMap('board').set('title', 'Shopping'), (doc: Y.Doc) => doc.getText('board').insert(0, 'Buy bread')]) {
    Y.applyUpdate(read, Y.encodeStateAsUpdate(received(write)));
  }
  const { roots } = read_model(read);
  assert.deepEqual(roots.map((root) => [root.name, root.kind]), [['board', 'rich']]);
  assert.match(JSON.stringify(roots[0]!.node), /Shopping.*Buy bread/);
});

test('a document that is too large is cut, and says so', () => {
  const doc = received((written) => written.getArray('rows').push(Array.from({ length: 500 }, (_, index) => index)));
  const model = read_model(doc, 100);
  assert.equal(model.cut, true);
  assert.equal((model.roots[0]!.node as { items: unknown[] }).items.length, 100);
  assert.equal(read_model(doc).cut, false);
});

test('bytes and documents within are named', () => {
  const doc = received((written) => {
    written.getMap('all').set('bytes', new Uint8Array(5));
    written.getMap('all').set('inner', new Y.Doc({ guid: 'g1' }));
  });
  assert.deepEqual((read_model(doc).roots[0]!.node as { entries: unknown }).entries, { bytes: { kind: 'unknown', what: '5 bytes' }, inner: { kind: 'unknown', what: 'a document of its own, g1' } });
});
