// Random histories of several Yjs documents that edit together, with everything that Yjs did on the way: one JSON
// object a line, for doc_differential to repeat with our engine.
//
//   node doc_histories.mjs --seed 1 --count 2000 [--out FILE] [--steps N]
//
// History i of a run is that of seed+i alone: `--seed S --count 1` makes it again; `--steps` cuts it short.
//
// A history: {seed, docs: [{client, gc, foreign, observe, undo}], steps: […]}. A step concerns one document (`d`):
//   {t: [op…], o, now}  a transaction of its own (see doc_ops.mjs) with origin o, 0 if absent; `calls`, too, are in it
//   {a: hex, v: 1|2, o} an update is delivered
//   {calls: […], now}   calls of the document's undo manager (see doc_undo.mjs), and what each of them returned
//   {observe: path}     from now on the type there is observed
//   {named: true}       the document names its root types
//   {load: guid}, {unload: guid}  a subdocument is asked for, or closed
//   {at: snapshot, dumps}         the document at a past state
//   {between: [s, s], deltas}     what its texts say of the change from one to the other
//   {c: {…}}            a check of its whole state
// Steps of the first three kinds carry `log`: in order, the events and updates that the document emitted; and `stacks`,
// the lengths of the undo manager's stacks if there is one.
// Foreign documents only send: they do things that our engine's functions do not offer (old content kinds).

import fs from 'node:fs'
import { parseArgs } from 'node:util'
import { pass, time } from './doc_clock.mjs'
import * as Y from 'yjs'
import { dumpChange, dumpEvent, dumpType, getRoot, hex, packed, plain, printed } from './doc_model.mjs'
import { foreignStep, makeForeign } from './doc_foreign.mjs'
import { Random } from './random.mjs'
import { richOps, richText } from './doc_rich.mjs'
import { randomOp, resolve, roots, runOp } from './doc_ops.mjs'
import { call, makeUndo, randomCall, randomUndo, stacks } from './doc_undo.mjs'
import { suites } from './doc_yjs_tests.mjs'

const clientId = (random, index) => random.weighted([
  [3, index + 1],
  [3, random.next() || 1],
  [2, 2 ** 32 + random.next()],
  [1, 2 ** 53 - 1 - index]
])

// A value with the members of its objects in another order, as clients write them that keep objects in hash maps (yrs).
const turned = value => {
  if (Array.isArray(value)) return value.map(turned)
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  return Object.fromEntries(Object.entries(value).reverse().map(([key, member]) => [key, turned(member)]))
}

const guids = docs => [...docs].map(doc => doc.guid)

class Replica {
  constructor (random, index, sides) {
    this.index = index
    this.foreign = index > 0 && random.chance(15)
    // A silent replica never names its roots and never edits, like a server.
    this.silent = !this.foreign && index > 1 && random.chance(25)
    this.server = this.silent
    this.gc = random.chance(70)
    this.observed = !this.silent && random.chance(60)
    this.log = []
    this.sent = []
    this.checks = index
    this.inbox = sides.map(() => 0)
    const doc = new Y.Doc({ gc: this.gc, guid: `doc-${index}` })
    doc.clientID = clientId(random, index)
    this.doc = doc
    if (!this.silent) for (const [name, kind] of roots) getRoot(doc, name, kind)
    if (this.foreign) makeForeign(this)
    this.roots = this.observed ? roots.filter(() => random.chance(70)).map(([name]) => name) : []
    for (const root of this.roots) this.observe([root], true)
    if (!this.foreign && !this.silent && random.chance(40)) {
      this.undoSpec = randomUndo(random)
      this.manager = makeUndo(doc, this.undoSpec, entry => this.log.push(entry))
    }
    doc.on('update', update => {
      this.log.push(['u', hex(update)])
      this.last = { v1: update }
    })
    doc.on('updateV2', update => {
      this.log.push(['w', hex(update)])
      this.sent.push({ ...this.last, v2: update })
    })
    doc.on('subdocs', ({ added, removed, loaded }) => {
      // Yjs tells a removal twice, the second time while it destroys the subdocument.
      if (removed.size > 0 && added.size === 0 && [...removed].every(subdoc => subdoc.isDestroyed)) return
      this.log.push(['d', guids(added), guids(removed), guids(loaded)])
    })
  }

  observe (path, deep) {
    const type = resolve(this.doc, path)
    type.observe(event => this.log.push(['s', path, packed(dumpEvent(event))]))
    if (deep) type.observeDeep(events => this.log.push(['e', path, packed(events.map(dumpEvent))]))
  }

  takeLog () {
    const log = this.log
    this.log = []
    return log
  }

  // A server becomes a reader.
  nameRoots () {
    this.silent = false
    for (const [name, kind] of roots) getRoot(this.doc, name, kind)
  }

  // Everything that can be seen of the document.
  check () {
    const { doc } = this
    const dumps = {}
    const print = {}
    const json = {}
    if (!this.silent) {
      for (const [name, kind] of roots) {
        dumps[name] = packed(dumpType(getRoot(doc, name, kind)))
        print[name] = printed(getRoot(doc, name, kind))
        json[name] = plain(getRoot(doc, name, kind))
      }
    }
    const snapshot = Y.snapshot(doc)
    const rarely = ++this.checks % 4 === 0 ? { turned: hex(this.turnedState()) } : {}
    return {
      ...rarely,
      dumps,
      print,
      json,
      v1: hex(Y.encodeStateAsUpdate(doc)),
      v2: hex(Y.encodeStateAsUpdateV2(doc)),
      sv: hex(Y.encodeStateVector(doc)),
      snap1: hex(Y.encodeSnapshot(snapshot)),
      snap2: hex(Y.encodeSnapshotV2(snapshot)),
      waits: this.waits()
    }
  }

  // The whole state as such a client pushes it.
  turnedState () {
    const copy = new Y.Doc({ gc: false })
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(this.doc))
    for (const structs of copy.store.clients.values()) {
      for (const { content } of structs) if (content instanceof Y.ContentAny) content.arr = content.arr.map(turned)
    }
    return Y.encodeStateAsUpdate(copy)
  }

  // For the updates that wait: the clocks that clients have to go beyond, as Yjs keeps them; ours are the next ones.
  waits () {
    const { pendingStructs } = this.doc.store
    if (pendingStructs === null) return []
    return [...pendingStructs.missing].map(([client, clock]) => [client, clock + 1]).sort((a, b) => a[0] - b[0])
  }
}

// Where a known struct begins, Yjs cuts what is on its left once more; a surrogate pair in text that is erased, but kept,
// turns into U+FFFD by that, on this replica alone. Ours leaves it, so such a history ends before.
class PairCut extends Error {}

// The ids of halves of surrogate pairs in such text.
const erasedPairs = ({ doc, gc }) => {
  const ids = new Set()
  if (gc) return ids
  for (const structs of doc.store.clients.values()) {
    for (const { id, deleted, content } of structs) {
      if (!deleted || !(content instanceof Y.ContentString)) continue
      for (let i = 0; i < content.str.length; i++) {
        if ((content.str.charCodeAt(i) & 0xf800) === 0xd800) ids.add(`${id.client}:${id.clock + i}`)
      }
    }
  }
  return ids
}

class History {
  constructor (seed, steps) {
    this.random = new Random(seed)
    this.seed = seed
    this.limit = steps
    this.steps = []
    const sides = Array.from({ length: this.random.between(2, 5) })
    this.replicas = sides.map((_, index) => new Replica(this.random, index, sides))
    this.plain = this.random.chance(20)
    // Most histories keep to one or two roots, so that edits meet.
    this.roots = this.random.chance(30) ? roots : roots.filter(() => this.random.chance(30))
    if (this.roots.length === 0) this.roots = [this.random.chance(50) ? roots[2] : this.random.pick(roots)]
    this.snapshots = []
    if (this.random.chance(25)) {
      const [name, ops] = this.random.pick(suites)
      this.suite = ops
      this.roots = roots.filter(root => root[0] === name)
    } else if (this.random.chance(6)) {
      const many = this.random.chance(30)
      this.begin = richText(this.random, many)
      this.suite = richOps(many)
      this.roots = roots.filter(root => root[0] === 'text')
    }
  }

  push (replica, step) {
    if (replica.foreign) return
    if (replica.manager && step.log) Object.assign(step, { stacks: stacks(replica.manager), now: time() })
    this.steps.push({ d: replica.index, ...step })
  }

  edit (replica) {
    const { random } = this
    const ops = []
    if (replica.foreign) {
      foreignStep(random, replica, this.roots, this.plain)
      replica.takeLog()
      return
    }
    const origin = replica.manager ? random.weighted([[6, 0], [3, 7], [1, 9]]) : 0
    const step = { t: ops }
    if (origin !== 0) step.o = origin
    pass(random.pick([0, 100, 1000]))
    replica.doc.transact(() => {
      const run = op => { runOp(replica.doc, op); ops.push(op) }
      if (this.suite) {
        this.suite(random, replica.doc).forEach(run)
        return
      }
      let count = random.weighted([[6, 1], [2, 2], [1, random.between(3, 8)]])
      while (count-- > 0) {
        const op = randomOp(random, replica.doc, this.roots, this.plain)
        run(op)
        if (op[0] === 'ti' && random.chance(15)) run(['te', op[1], op[2], op[3].length])
      }
      if (replica.manager && random.chance(8)) step.calls = this.callManager(replica, random.between(1, 3))
    }, origin === 0 ? null : origin)
    this.push(replica, { ...step, log: replica.takeLog() })
  }

  // Someone writes a text that everybody gets.
  start (replica) {
    replica.doc.transact(() => this.begin.forEach(op => runOp(replica.doc, op)))
    this.push(replica, { t: this.begin, log: replica.takeLog() })
    for (const to of this.replicas) if (to !== replica) this.sync(replica, to, this.random.chance(50) ? 1 : 2)
  }

  // Runs of typing and erasing at a cursor, where runs merge.
  type (replica) {
    const { random } = this
    const text = resolve(replica.doc, ['text'])
    let at = random.below(text.length + 1)
    for (let n = random.between(3, 12); n > 0; n--) {
      const op = random.chance(80) || at === 0 ? ['ti', ['text'], at, random.pick(['a', 'b', 'é', '😀'])] : ['te', ['text'], at - 1, 1]
      runOp(replica.doc, op)
      at += op[0] === 'ti' ? op[3].length : -1
      this.push(replica, { t: [op], log: replica.takeLog() })
    }
  }

  // Calls of the undo manager, with their results.
  callManager (replica, count) {
    const calls = []
    while (count-- > 0) {
      const [name, ...args] = randomCall(this.random)
      calls.push([name, args, call(replica.manager, [name, ...args])])
    }
    return calls
  }

  undo (replica) {
    const { random } = this
    if (!replica.manager) return
    pass(random.pick([0, 100, 1000]))
    const calls = this.callManager(replica, random.weighted([[4, 1], [2, random.between(2, 5)]]))
    if (random.chance(10)) {
      const [, path] = randomOp(random, replica.doc, this.roots, this.plain)
      calls.push(['scope', [path], call(replica.manager, ['scope', path])])
    }
    this.push(replica, { calls, log: replica.takeLog() })
  }

  apply (replica, update, version) {
    const origin = replica.manager && this.random.chance(90) ? 8 : 0
    const pairs = erasedPairs(replica)
    if (version === 1) Y.applyUpdate(replica.doc, update, origin || null)
    else Y.applyUpdateV2(replica.doc, update, origin || null)
    const left = erasedPairs(replica)
    if ([...pairs].some(id => !left.has(id))) throw new PairCut()
    const step = { a: hex(update), v: version, log: replica.takeLog() }
    if (origin !== 0) step.o = origin
    const waits = replica.waits()
    if (waits.length > 0) step.waits = waits
    this.push(replica, step)
  }

  deliver (to) {
    const { random } = this
    const from = random.pick(this.replicas.filter(replica => replica !== to))
    const version = random.chance(50) ? 1 : 2
    const bytes = sent => (version === 1 ? sent.v1 : sent.v2)
    const merge = version === 1 ? Y.mergeUpdates : Y.mergeUpdatesV2
    const seen = to.inbox[from.index]
    const fresh = from.sent.length - seen
    random.weighted([
      [4, () => { // in order, some or all
        for (let n = random.between(1, 4); n > 0 && to.inbox[from.index] < from.sent.length; n--) {
          this.apply(to, bytes(from.sent[to.inbox[from.index]++]), version)
        }
      }],
      [2, () => { // any of them: early, late, or again
        if (from.sent.length > 0) this.apply(to, bytes(random.pick(from.sent)), version)
      }],
      [2, () => { // all new ones as one
        if (fresh === 0) return
        to.inbox[from.index] = from.sent.length
        this.apply(to, merge(from.sent.slice(seen).map(bytes)), version)
      }],
      [1, () => { // some of them as one, with holes
        const some = from.sent.filter(() => random.chance(40)).map(bytes)
        if (some.length > 0) this.apply(to, merge(some), version)
      }],
      [1, () => { // what is lacking by the state vector, cut from all
        if (from.sent.length === 0) return
        const vector = Y.encodeStateVector(to.doc)
        const all = merge(from.sent.map(bytes))
        this.apply(to, version === 1 ? Y.diffUpdate(all, vector) : Y.diffUpdateV2(all, vector), version)
      }],
      [2, () => this.sync(from, to, version)]
    ])()
  }

  sync (from, to, version) {
    const vector = Y.encodeStateVector(to.doc)
    to.inbox[from.index] = Math.max(to.inbox[from.index], from.sent.length)
    this.apply(to, version === 1 ? Y.encodeStateAsUpdate(from.doc, vector) : Y.encodeStateAsUpdateV2(from.doc, vector), version)
  }

  name (replica) {
    if (!replica.silent) return
    replica.nameRoots()
    this.push(replica, { named: true })
  }

  check (replica) { this.push(replica, { c: replica.check() }) }

  // Observes a nested type from now on.
  watch (replica) {
    if (!replica.observed) return
    const op = randomOp(this.random, replica.doc, this.roots, this.plain)
    if (op[1].length < 2) return
    const deep = this.random.chance(40)
    replica.observe(op[1], deep)
    this.push(replica, { observe: op[1], deep })
  }

  position (replica) {
    const { random } = this
    const [, path] = randomOp(random, replica.doc, this.roots, this.plain)
    const type = resolve(replica.doc, path)
    if (!(type instanceof Y.Array || type instanceof Y.Text || type instanceof Y.XmlFragment)) return
    const index = random.below(type.length + 1)
    const assoc = random.pick([0, 0, -1])
    const relative = Y.createRelativePositionFromTypeIndex(type, index, assoc)
    const bytes = hex(Y.encodeRelativePosition(relative))
    this.push(replica, { position: bytes, path, index, assoc, json: JSON.stringify(Y.relativePositionToJSON(relative)) })
    this.positions ??= []
    this.positions.push(Y.decodeRelativePosition(Buffer.from(bytes, 'hex')))
  }

  resolvePosition (replica) {
    if (!this.positions || replica.silent) return
    const relative = this.random.pick(this.positions)
    const absolute = Y.createAbsolutePositionFromRelativePosition(relative, replica.doc)
    this.push(replica, {
      resolve: hex(Y.encodeRelativePosition(relative)),
      found: absolute === null ? null : { index: absolute.index, assoc: absolute.assoc, length: absolute.type._length }
    })
  }

  snapshot (replica) {
    if (replica.gc) return
    replica.snapshots ??= []
    replica.snapshots.push(Y.snapshot(replica.doc))
    // Of a copy: Yjs cuts items on the way, through surrogate pairs too, and they stay cut.
    const copy = new Y.Doc({ gc: false })
    Y.applyUpdate(copy, Y.encodeStateAsUpdate(replica.doc))
    this.past(replica, copy)
    this.between(replica, copy)
  }

  past (replica, copy) {
    const past = this.random.pick(replica.snapshots)
    const restored = Y.createDocFromSnapshot(copy, past, new Y.Doc({ gc: false }))
    const dumps = {}
    for (const [name, kind] of roots) dumps[name] = packed(dumpType(getRoot(restored, name, kind)))
    this.push(replica, { at: hex(Y.encodeSnapshot(past)), dumps })
  }

  between (replica, copy) {
    const { random } = this
    const last = replica.snapshots.length - 1
    const to = random.chance(70) ? last : random.below(last + 1)
    const [before, after] = [random.below(to + 1), to].map(index => replica.snapshots[index])
    const deltas = {}
    for (const name of ['text', 'xmltext']) {
      deltas[name] = packed(dumpChange(resolve(copy, [name]).toDelta(after, before)))
    }
    this.push(replica, { between: [before, after].map(snapshot => hex(Y.encodeSnapshot(snapshot))), deltas })
  }

  // Asks for a subdocument, or closes it.
  subdocument (replica) {
    const held = [...replica.doc.subdocs]
    const once = held.filter(subdoc => held.every(other => other === subdoc || other.guid !== subdoc.guid))
    if (once.length === 0) return
    const subdoc = this.random.pick(once)
    const unload = this.random.chance(50)
    if (unload) subdoc.destroy()
    else subdoc.load()
    this.push(replica, { [unload ? 'unload' : 'load']: subdoc.guid, log: replica.takeLog() })
  }

  // Yjs fails where a manager follows what it brought back earlier to an item that was collected meanwhile: histories end
  // before that.
  run () {
    try {
      this.play()
    } catch (error) {
      if (error instanceof PairCut) cuts++
      else if (error instanceof TypeError) failures++
      else throw error
    }
    return {
      seed: this.seed,
      docs: this.replicas.map(({ doc, gc, foreign, server, roots, undoSpec }) => ({ client: doc.clientID, gc, foreign, silent: server, observe: roots, undo: undoSpec })),
      steps: this.limit === undefined ? this.steps : this.steps.slice(0, this.limit)
    }
  }

  play () {
    const { random } = this
    const editors = this.replicas.filter(replica => !replica.silent)
    if (this.begin) this.start(random.pick(editors.filter(replica => !replica.foreign)))
    for (let n = random.between(10, 45); n > 0; n--) {
      random.weighted([
        [10, () => this.edit(random.pick(editors))],
        [1, () => this.type(random.pick(editors))],
        [5, () => this.undo(random.pick(editors))],
        [7, () => this.deliver(random.pick(this.replicas))],
        [1, () => this.check(random.pick(this.replicas))],
        [1, () => this.watch(random.pick(editors))],
        [1, () => this.position(random.pick(editors))],
        [1, () => this.name(random.pick(this.replicas))],
        [1, () => this.subdocument(random.pick(editors))],
        [1, () => this.resolvePosition(random.pick(this.replicas))],
        [2, () => this.snapshot(random.pick(editors))]
      ])()
    }
    // Everybody learns everything.
    for (const to of this.replicas) {
      for (const from of this.replicas) if (from !== to) this.sync(from, to, random.chance(50) ? 1 : 2)
    }
    for (const replica of this.replicas) this.check(replica)
  }
}

const { values } = parseArgs({ options: { seed: { type: 'string' }, count: { type: 'string' }, out: { type: 'string' }, steps: { type: 'string' } } })
const first = Number(values.seed ?? 1)
let failures = 0
let cuts = 0
const out = values.out === undefined ? 1 : fs.openSync(values.out, 'w')
let lines = ''
const flush = () => {
  for (let rest = Buffer.from(lines); rest.length > 0;) {
    try {
      rest = rest.subarray(fs.writeSync(out, rest))
    } catch (error) {
      if (error.code === 'EPIPE') process.exit() // the reader found a difference
      if (error.code !== 'EAGAIN') throw error
    }
  }
  lines = ''
}
for (let seed = first; seed < first + Number(values.count ?? 1); seed++) {
  lines += JSON.stringify(new History(seed, values.steps === undefined ? undefined : Number(values.steps)).run()) + '\n'
  if (lines.length > 1 << 20) flush()
}
flush()
if (cuts > 0) process.stderr.write(`${cuts} histories end early: Yjs cut a pair in erased text\n`)
if (failures > 0) process.stderr.write(`${failures} histories end early: Yjs failed\n`)
