// What foreign replicas do: things that occur in real documents but that our engine only ever receives. Undo and redo,
// nested types filled before they are inserted, dates, and content of kind JSON, which old versions of Yjs wrote.

import * as Y from 'yjs'
import { word } from './random.mjs'
import { randomOp, resolve, runOp } from './doc_ops.mjs'

export const makeForeign = replica => {
  const scope = ['array', 'map', 'text', 'xml', 'xmltext', 'element'].map(name => resolve(replica.doc, [name]))
  replica.undo = new Y.UndoManager(scope, { captureTimeout: 0 })
}

const appendJson = (doc, values) => doc.transact(transaction => {
  const array = doc.getArray('array')
  let left = array._start
  while (left !== null && left.right !== null) left = left.right
  const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID))
  new Y.Item(id, left, left && left.lastId, null, null, array, null, new Y.ContentJSON(values)).integrate(transaction, 0)
})

const filledMap = random => new Y.Map([['a', random.below(9)], ['list', Y.Array.from([1, word(random), new Y.Text(word(random))])]])

export const foreignStep = (random, replica, roots, plain) => {
  const { doc } = replica
  const ordinary = () => runOp(doc, randomOp(random, doc, roots, plain))
  random.weighted([
    [5, ordinary],
    [3, () => replica.undo.undo()],
    [2, () => replica.undo.redo()],
    [1, () => doc.getArray('array').insert(0, [filledMap(random), 1])],
    [1, () => doc.getMap('map').set('date', new Date(1e12 + random.below(1000)))],
    [1, () => appendJson(doc, [1, { a: null }, 'x', undefined].slice(0, random.between(1, 4)))],
    [1, () => doc.getXmlFragment('xml').insert(0, [new Y.XmlElement('filled'), new Y.XmlText(word(random))])]
  ])()
}
