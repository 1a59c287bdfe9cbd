// Makes the files beside it with npm yjs 13.6. The modules are those of the differential tests:
//   (cd tests/differential && npm ci) && node tests/data/updates/make.mjs
import fs from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../differential/package.json', import.meta.url))
const Y = require('yjs')
const here = new URL('./', import.meta.url)
const put = (name, bytes) => fs.writeFileSync(new URL(name, here), bytes)
const get = (name) => fs.readFileSync(new URL(name, here))
// notes: a text with formats, a map with a nested array, an XML fragment.
const doc = new Y.Doc({ gc: false })
doc.clientID = 1001
const board = doc.getMap('board'), text = doc.getText('content'), xml = doc.getXmlFragment('page')
text.insert(0, 'Hello world\nsecond line\n')
board.set('title', 'Plan')
const list = new Y.Array()
board.set('items', list)
list.push(['milk', 2, true, null])
const p = new Y.XmlElement('p')
xml.insert(0, [p])
const t = new Y.XmlText()
p.insert(0, [t])
t.insert(0, 'hi')
p.setAttribute('class', 'a')
put('notes.v1', Y.encodeStateAsUpdate(doc))
put('notes.v2', Y.encodeStateAsUpdateV2(doc))
const sv = Y.encodeStateVector(doc)
put('notes.sv', sv)
// a second client edits.
const other = new Y.Doc({ gc: false })
other.clientID = 2002
Y.applyUpdate(other, Y.encodeStateAsUpdate(doc))
other.getText('content').delete(0, 5)
other.getText('content').insert(0, 'Goodbye')
other.getText('content').format(0, 7, { bold: true })
other.getMap('board').set('title', 'The plan')
other.getMap('board').get('items').insert(1, ['bread'])
put('edit.v1', Y.encodeStateAsUpdate(other, sv))
put('edit.v2', Y.encodeStateAsUpdateV2(other, sv))
put('edited.v1', Y.encodeStateAsUpdate(other))
put('edited.merged.v1', Y.mergeUpdates([get('notes.v1'), get('edit.v1')]))
put('edited.diff.v1', Y.diffUpdate(get('edited.v1'), sv))
const applied = new Y.Doc({ gc: false })
Y.applyUpdate(applied, get('notes.v1'))
Y.applyUpdate(applied, get('edit.v1'))
put('edited.apply.v1', Y.encodeStateAsUpdate(applied))
// one plain text; the same text by another history.
const a = new Y.Doc()
a.clientID = 7
a.getText('t').insert(0, 'abc')
put('abc.v1', Y.encodeStateAsUpdate(a))
const b = new Y.Doc()
b.clientID = 8
b.getText('t').insert(0, 'c')
b.getText('t').insert(0, 'ab')
put('abc-other.v1', Y.encodeStateAsUpdate(b))
// every kind of content
const k = new Y.Doc({ gc: false })
k.clientID = 3
const arr = k.getArray('all')
arr.push([1, 'two', new Uint8Array([1, 2, 255])])
arr.push([new Y.Doc({ guid: 'sub-1' })])
arr.push([new Y.Map()])
const kt = k.getText('rich')
kt.insert(0, 'x😀y')
kt.insertEmbed(4, { image: 'a.png' })
kt.format(0, 1, { bold: true })
arr.delete(0, 1)
put('kinds.v1', Y.encodeStateAsUpdate(k))
put('empty.v1', Y.encodeStateAsUpdate(new Y.Doc()))
put('empty.v2', Y.encodeStateAsUpdateV2(new Y.Doc()))
// deletes only
const d0 = Y.encodeStateVector(a)
a.getText('t').delete(1, 1)
put('deletes.v1', Y.encodeStateAsUpdate(a, d0))
put('deletes.v2', Y.encodeStateAsUpdateV2(a, d0))
