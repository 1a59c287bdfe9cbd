// Random awareness traffic, as y-protocols handles it: one JSON object a line, for awareness_differential to repeat.
//
//   node awareness_cases.mjs COUNT
//
// A case: {steps}. A step: {now} and {apply: message}, {remove: clients} or {expire: true}; then what came of it:
// `told`, the clients with a state that others must be told of, `removed`, `states` ([client, JSON] of everyone
// present, by client), and `message`, what others get to hear of `told` and `removed`.
// Where ours differs on purpose: y-protocols calls a client that comes back updated, ours calls it added (both are
// `told`); and y-protocols remembers the clock of a client that it first hears of when that is gone, ours does not: the
// server is told of departures only if it has known the client.

import { pass, time } from './doc_clock.mjs'
import * as Y from 'yjs'
import { hex } from './doc_model.mjs'
import { jsonValue, Random, word } from './random.mjs'

// The check for silence runs by a timer: it is called by hand.
let check
globalThis.setInterval = callback => { check = callback; return 0 }
const { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } = await import('y-protocols/awareness')

const numbers = clients => [...clients].sort((a, b) => a - b)

const state = random => random.weighted([
  [6, () => ({ user: word(random), cursor: random.below(100) })],
  [2, () => ({ value: jsonValue(random) })],
  [2, () => null]
])()

const makeCase = seed => {
  const random = new Random(seed)
  // The server: with a document of its own, but no state.
  const doc = new Y.Doc()
  doc.clientID = 2 ** 40
  const server = new Awareness(doc)
  const silence = check
  server.setLocalState(null)
  const peers = Array.from({ length: random.between(1, 5) }, (_, i) => {
    const own = new Y.Doc()
    own.clientID = random.chance(70) ? i + 1 : 2 ** 33 + i
    const awareness = new Awareness(own)
    const sent = []
    awareness.on('update', ({ added, updated, removed }, origin) => {
      if (origin !== 'local') return
      const message = encodeAwarenessUpdate(awareness, [...added, ...updated, ...removed])
      sent.push({ message, gone: removed.length > 0 })
    })
    return { awareness, sent, id: own.clientID }
  })
  let last
  const seen = new Set()
  server.on('update', change => { last = change })
  const steps = []
  const record = (step, run) => {
    last = { added: [], updated: [], removed: [] }
    run()
    for (const id of server.getStates().keys()) seen.add(id)
    const told = numbers([...last.added, ...last.updated])
    const removed = numbers(last.removed)
    steps.push({
      now: time(),
      ...step,
      told,
      removed,
      message: hex(encodeAwarenessUpdate(server, [...told, ...removed])),
      states: numbers(server.getStates().keys()).map(id => [id, JSON.stringify(server.getStates().get(id))])
    })
  }
  for (let n = random.between(5, 40); n > 0; n--) {
    pass(random.below(600))
    const peer = random.pick(peers)
    random.weighted([
      [6, () => peer.awareness.setLocalState(state(random))],
      [7, () => {
        if (peer.sent.length === 0) return
        const { message, gone } = random.chance(70) ? peer.sent[peer.sent.length - 1] : random.pick(peer.sent)
        if (gone && !seen.has(peer.id)) return
        record({ apply: hex(message) }, () => applyAwarenessUpdate(server, message, 'peer'))
      }],
      [1, () => { // everybody at once
        const all = encodeAwarenessUpdate(server, numbers(server.getStates().keys()))
        applyAwarenessUpdate(peer.awareness, all, 'server')
        const known = encodeAwarenessUpdate(peer.awareness, numbers(peer.awareness.getStates().keys()))
        record({ apply: hex(known) }, () => applyAwarenessUpdate(server, known, 'peer'))
      }],
      [1, () => {
        const gone = peers.filter(() => random.chance(40)).map(({ id }) => id)
        record({ remove: gone }, () => removeAwarenessStates(server, gone, 'closed'))
      }]
    ])()
  }
  pass(random.pick([0, 15000, 29000, 29999, 30000, 31000]))
  record({ expire: true }, silence)
  return { seed, steps }
}

const count = Number(process.argv[2] ?? 1000)
let out = ''
for (let seed = 1; seed <= count; seed++) out += JSON.stringify(makeCase(seed)) + '\n'
process.stdout.write(out)
