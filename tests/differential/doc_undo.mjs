// Undo managers of the documents in random histories: how to make one up, and what it reports.
//
// In a history's documents: undo: {scope: [path…] or null (all), timeout, tracked, filter, keeps, overwrite}.
// Origins are numbers, 0 is none. `filter`: transactions with origin 9 are not taken down. `keeps`: items with a clock
// that 5 divides are not deleted by undo.

import * as Y from 'yjs'
import { kindOf } from './doc_model.mjs'
import { resolve, roots } from './doc_ops.mjs'

export const randomUndo = random => ({
  scope: random.chance(30) ? null : roots.filter(() => random.chance(80)).map(([name]) => [name]),
  timeout: random.pick([0, 0, 500]),
  tracked: random.pick([[0], [0, 7], [0, 7, 9], [7]]),
  filter: random.chance(20),
  keeps: random.chance(15),
  overwrite: random.chance(25)
})

const origin = number => (number === 0 ? null : number)

// Yjs takes down even what changed nothing if the scope is the whole document; our engine does not.
const changedSomething = transaction => transaction.deleteSet.clients.size > 0 ||
  [...transaction.afterState].some(([client, clock]) => (transaction.beforeState.get(client) ?? 0) !== clock)

export const makeUndo = (doc, spec, log) => {
  const manager = new Y.UndoManager(spec.scope === null ? doc : spec.scope.map(path => resolve(doc, path)), {
    doc,
    captureTimeout: spec.timeout,
    trackedOrigins: new Set(spec.tracked.map(origin)),
    captureTransaction: transaction => changedSomething(transaction) && !(spec.filter && transaction.origin === 9),
    deleteFilter: item => !(spec.keeps && item.id.clock % 5 === 0),
    ignoreRemoteMapChanges: spec.overwrite
  })
  const report = name => event => {
    const changed = [...event.changedParentTypes.keys()].map(kindOf)
    event.stackItem.meta.set('steps', (event.stackItem.meta.get('steps') ?? 0) + 1)
    log([name, event.type, event.origin === manager ? -1 : event.origin ?? 0, changed, event.stackItem.meta.get('steps')])
  }
  manager.on('stack-item-added', report('+'))
  manager.on('stack-item-updated', report('='))
  manager.on('stack-item-popped', report('-'))
  manager.on('stack-cleared', event => log(['0', event.undoStackCleared, event.redoStackCleared]))
  return manager
}

// One call: [name, arguments…].
export const randomCall = random => random.weighted([
  [12, ['undo']],
  [8, ['redo']],
  [2, ['stop']],
  [1, ['clear', random.chance(60), random.chance(60)]]
])

export const call = (manager, [name, ...args]) => {
  if (name === 'undo') return manager.undo() !== null
  if (name === 'redo') return manager.redo() !== null
  if (name === 'stop') manager.stopCapturing()
  else if (name === 'clear') manager.clear(...args)
  else manager.addToScope(resolve(manager.doc, args[0]))
  return true
}

export const stacks = manager => [manager.undoStack.length, manager.redoStack.length]
