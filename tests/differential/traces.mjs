// Replays recordings of real editing with Yjs, and prints one JSON object a line with the edits and what Yjs made of
// them, for trace_replay to do the same with our engine.
//
//   node traces.mjs FILE…      .json or .json.gz
//
// The files' format: `txns`, each with `patches` [position, deleted, inserted]; in concurrent ones also `agent` and
// `parents`, the transactions whose merge it edits. Positions count code points, which equal UTF-16 units here.
//
// Printed: {name, clients, steps: [{d, merge: [step…], p: patches}], text, v1, v2, updates}. Document d first applies
// the updates of the steps in `merge`, then the patches as one transaction. `updates` is a hash over the bytes of
// all updates; the rest is the state of document 0 once it knows everything.

import fs from 'node:fs'
import zlib from 'node:zlib'
import * as Y from 'yjs'
import { hex } from './doc_model.mjs'

const read = file => {
  const bytes = fs.readFileSync(file)
  return JSON.parse(file.endsWith('.gz') ? zlib.gunzipSync(bytes) : bytes)
}

// FNV-1a, 32 bits.
const hash = (state, bytes) => {
  for (let i = 0; i < bytes.length; i++) state = Math.imul(state ^ bytes[i], 0x01000193)
  return state
}

// Which transactions the writer of the n-th has to learn first: those before it that it does not know yet.
const lacking = (txns, n, known) => {
  const found = []
  const open = [...txns[n].parents]
  while (open.length > 0) {
    const txn = open.pop()
    if (known.has(txn)) continue
    known.add(txn)
    found.push(txn)
    open.push(...txns[txn].parents)
  }
  known.add(n)
  return found.sort((a, b) => a - b)
}

const replay = (name, trace, clients) => {
  const concurrent = trace.kind === 'concurrent'
  const docs = clients.map(client => {
    const doc = new Y.Doc()
    doc.clientID = client
    return doc
  })
  let hashed = 0x811c9dc5 | 0
  let last = null
  for (const doc of docs) doc.on('update', (update, origin) => { if (origin !== 'merge') last = update })
  const known = docs.map(() => new Set())
  const updates = []
  const steps = trace.txns.map((txn, n) => {
    const d = concurrent ? txn.agent : 0
    const merge = concurrent ? lacking(trace.txns, n, known[d]) : []
    for (const m of merge) if (updates[m] !== null) Y.applyUpdate(docs[d], updates[m], 'merge')
    const text = docs[d].getText('content')
    last = null
    docs[d].transact(() => {
      for (const [position, deleted, inserted] of txn.patches) {
        if (deleted > 0) text.delete(position, deleted)
        if (inserted !== '') text.insert(position, inserted)
      }
    })
    updates.push(concurrent ? last : null)
    if (last !== null) hashed = hash(hashed, last)
    return { d, merge, p: txn.patches }
  })
  if (concurrent) {
    const rest = updates.map((_, n) => n).filter(n => !known[0].has(n))
    for (const n of rest) if (updates[n] !== null) Y.applyUpdate(docs[0], updates[n], 'merge')
    steps.push({ d: 0, merge: rest, p: [] })
  }
  const text = docs[0].getText('content').toString()
  if (!concurrent && text !== trace.endContent) throw new Error(`${name}: Yjs does not reach the recorded text`)
  console.log(JSON.stringify({
    name,
    clients,
    steps,
    text,
    v1: hex(Y.encodeStateAsUpdate(docs[0])),
    v2: hex(Y.encodeStateAsUpdateV2(docs[0])),
    updates: hashed >>> 0
  }))
}

for (const file of process.argv.slice(2)) {
  const trace = read(file)
  const name = file.split('/').pop()
  if (trace.kind !== 'concurrent') {
    replay(name, trace, [1])
    continue
  }
  const ascending = Array.from({ length: trace.numAgents }, (_, agent) => agent + 1)
  replay(`${name}, rising client ids`, trace, ascending)
  replay(`${name}, falling client ids`, trace, [...ascending].reverse())
}
