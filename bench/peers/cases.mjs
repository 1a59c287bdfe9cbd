// What is measured. Each case is written once, over the face that ../engines/ give all engines; the same cases, step by
// step, are in ../crdt_peer_bench.cpp for Syncline.
//
// A replica has: capture(sink), transact(edit), insert(at, text), erase(at, length), insertValues(at, values),
// set(key, value), apply(update), encode(format), text(), json(), free(). Those that an engine lacks are absent.

import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { Check, measure } from './measure.mjs'

const N = 6000
const kClients = Math.floor(20 * Math.sqrt(N))

// mulberry32, as in crdt_peer_bench.cpp.
export const random = seed => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return (t ^ (t >>> 14)) >>> 0
}

const letter = next => String.fromCharCode(97 + next() % 26)
const word = next => {
  const length = 2 + next() % 8
  let out = ''
  for (let i = 0; i < length; i++) out += letter(next)
  return out
}

const readTrace = (folder, name) => {
  const kind = fs.existsSync(path.join(folder, 'concurrent_traces', `${name}.json.gz`)) ? 'concurrent' : 'sequential'
  const bytes = fs.readFileSync(path.join(folder, `${kind}_traces`, `${name}.json.gz`))
  return JSON.parse(zlib.gunzipSync(bytes))
}

const patch = (replica, [at, erased, inserted]) => {
  if (erased > 0) replica.erase(at, erased)
  if (inserted !== '') replica.insert(at, inserted)
}

const equal = (actual, expected) => { if (actual !== expected) throw new Check('the result is not the expected one') }

// ---- a recorded history of one writer

const trace = (engine, report, folder, name) => {
  const { txns, endContent } = readTrace(folder, name)
  const patches = txns.flatMap(txn => txn.patches)
  const make = () => engine.replicas(1)[0]
  const done = replica => { equal(replica.text(), endContent); replica.free() }

  report(`${name}/one`, measure(make, (replica, tick) => replica.transact(() => {
    for (const p of patches) { patch(replica, p); tick() }
  }), done))
  report(`${name}/edits`, measure(make, (replica, tick) => {
    for (const p of patches) { replica.transact(() => patch(replica, p)); tick() }
  }, done))

  let updates = []
  let base
  let whole
  const captured = measure(() => {
    updates = []
    const replica = make()
    base = replica.base?.()
    replica.capture(update => updates.push(update))
    return replica
  }, (replica, tick) => {
    for (const p of patches) { replica.transact(() => patch(replica, p)); tick() }
  }, replica => {
    equal(replica.text(), endContent)
    whole = engine.formats.map(format => replica.encode(format))
    replica.free()
  })
  report(`${name}/capture`, captured)
  if (captured.over) {
    // Bytes to load are still needed: made in few transactions, which may be faster.
    report(`${name}/apply`, captured)
    const built = measure(make, (replica, tick) => {
      for (let i = 0; i < patches.length; i += 2000) {
        replica.transact(() => { for (const p of patches.slice(i, i + 2000)) { patch(replica, p); tick() } })
      }
    }, replica => { whole = engine.formats.map(format => replica.encode(format)) }, undefined, 1)
    if (built.over) return
  } else {
    report(`${name}/apply`, measure(() => engine.receiver?.(base) ?? engine.replicas(2)[1], (replica, tick) => {
      for (const update of updates) { replica.apply(update); tick() }
    }, done))
  }

  engine.formats.forEach((format, i) => {
    const loaded = engine.load(whole[i], format)
    report(`${name}/encode_${format}`, { ...measure(() => loaded, replica => replica.encode(format)), bytes: whole[i].length })
    report(`${name}/load_${format}`, measure(() => null, () => engine.load(whole[i], format).text(), () => {},
      text => equal(text, endContent)))
  })
}

// Memory of one loaded document: 20 of them are loaded, after one that is not counted: the first that
// the process loads, whose time is told as well.
const memory = (engine, report, folder, name) => {
  const { txns, endContent } = readTrace(folder, name)
  const replica = engine.replicas(1)[0]
  replica.transact(() => { for (const txn of txns) for (const p of txn.patches) patch(replica, p) })
  const format = engine.formats[0]
  const bytes = replica.encode(format)
  const keep = []
  report(`${name}/first_load`, measure(() => null, () => { keep.push(engine.load(bytes, format)); return keep[0].text() }, undefined,
    text => equal(text, endContent), 1))
  txns.length = 0
  const usage = () => { globalThis.gc?.(); globalThis.gc?.(); return process.memoryUsage() }
  const before = usage()
  for (let i = 0; i < 20; i++) keep.push(engine.load(bytes, format))
  const after = usage()
  // A heap that had grown before hides what JavaScript objects take; WebAssembly memory is no part of that heap.
  const grown = Math.max(after.rss - before.rss, after.heapUsed + after.external - before.heapUsed - before.external)
  report(`${name}/memory`, { bytes: Math.max(0, Math.round(grown / 20)), reps: 1 })
  keep.length = 0
}

// ---- a recorded history of several writers, one replica each

const concurrent = (engine, report, folder, name) => {
  const { txns, numAgents } = readTrace(folder, name)
  const known = Array.from({ length: numAgents }, () => new Set())
  const learn = (agent, parents) => {
    const found = []
    const open = [...parents]
    while (open.length > 0) {
      const txn = open.pop()
      if (known[agent].has(txn)) continue
      known[agent].add(txn)
      found.push(txn)
      open.push(...txns[txn].parents)
    }
    return found.sort((a, b) => a - b)
  }
  const plan = txns.map((txn, n) => {
    const merge = learn(txn.agent, txn.parents)
    known[txn.agent].add(n)
    return { merge, agent: txn.agent, patches: txn.patches }
  })
  const rest = known.map((set, agent) => learn(agent, txns.map((_, n) => n)))
  const updates = []
  let last = null
  report(`${name}/merge`, measure(() => {
    updates.length = 0
    const replicas = engine.replicas(numAgents)
    for (const replica of replicas) replica.capture(update => { last = update })
    return replicas
  }, (replicas, tick) => {
    const merge = (replica, list) => { for (const n of list) if (updates[n] !== null) replica.apply(updates[n]) }
    for (const step of plan) {
      const replica = replicas[step.agent]
      merge(replica, step.merge)
      last = null
      if (step.patches.length > 0) replica.transact(() => { for (const p of step.patches) patch(replica, p) })
      updates.push(last)
      tick()
    }
    replicas.forEach((replica, agent) => merge(replica, rest[agent]))
  }, replicas => {
    for (const replica of replicas) equal(replica.text(), replicas[0].text())
    for (const replica of replicas) replica.free()
  }))
}

// ---- the cases of crdt-benchmarks, N = 6000

// One replica edits, a transaction and an update an edit; the other applies each update at once.
const pair = (engine, edit) => measure(() => {
  const [a, b] = engine.replicas(2)
  a.capture(update => b.apply(update))
  return [a, b]
}, ([a], tick) => edit(a, change => { a.transact(change); tick() }), ([a, b]) => {
  equal(b.text(), a.text())
  if (a.json) equal(b.json(), a.json())
  a.free()
  b.free()
})

const b1 = (engine, report) => {
  const text = (number, edit) => report(`B1.${number}`, pair(engine, (a, step) => edit(a, step, random(number))))
  const times = body => { for (let i = 0; i < N; i++) body(i) }
  text(1, (a, step, next) => times(i => { const c = letter(next); step(() => a.insert(i, c)) }))
  text(2, (a, step, next) => { let s = ''; times(() => { s += letter(next) }); step(() => a.insert(0, s)) })
  text(3, (a, step, next) => times(() => { const c = letter(next); step(() => a.insert(0, c)) }))
  text(4, (a, step, next) => times(i => { const at = next() % (i + 1); const c = letter(next); step(() => a.insert(at, c)) }))
  text(5, (a, step, next) => {
    let length = 0
    times(() => { const at = next() % (length + 1); const w = word(next); length += w.length; step(() => a.insert(at, w)) })
  })
  text(6, (a, step, next) => {
    let s = ''
    times(() => { s += letter(next) })
    step(() => a.insert(0, s))
    step(() => a.erase(0, N))
  })
  text(7, (a, step, next) => {
    let length = 0
    times(() => { length = insertOrErase(a, step, next, length) })
  })
  if (!engine.values) return
  text(8, (a, step, next) => times(i => { const v = next(); step(() => a.insertValues(i, [v])) }))
  text(9, (a, step, next) => { const v = []; times(() => v.push(next())); step(() => a.insertValues(0, v)) })
  text(10, (a, step, next) => times(() => { const v = next(); step(() => a.insertValues(0, [v])) }))
  text(11, (a, step, next) => times(i => { const at = next() % (i + 1); const v = next(); step(() => a.insertValues(at, [v])) }))
}

const insertOrErase = (a, step, next, length) => {
  const at = next() % (length + 1)
  const insert = next() % 2 === 0
  if (at === length || insert) {
    const w = word(next)
    step(() => a.insert(at, w))
    return length + w.length
  }
  const count = Math.min(length - at, 1 + next() % 9)
  step(() => a.erase(at, count))
  return length - count
}

// Two replicas start from the same 100 characters, edit without knowing of each other, then exchange all updates.
const b2 = (engine, report) => {
  const both = (number, edit) => report(`B2.${number}`, measure(() => {
    const replicas = engine.replicas(2)
    const sent = [[], []]
    replicas.forEach((replica, i) => replica.capture(update => sent[i].push(update)))
    replicas[0].transact(() => replicas[0].insert(0, 'x'.repeat(100)))
    for (const update of sent[0]) replicas[1].apply(update)
    sent[0].length = sent[1].length = 0
    return { replicas, sent }
  }, ({ replicas, sent }, tick) => {
    replicas.forEach((replica, i) => edit(replica, change => { replica.transact(change); tick() }, random(10 * number + i)))
    for (const update of sent[0]) { replicas[1].apply(update); tick() }
    for (const update of sent[1]) { replicas[0].apply(update); tick() }
  }, ({ replicas }) => {
    equal(replicas[0].text(), replicas[1].text())
    for (const replica of replicas) replica.free()
  }))
  const times = body => { for (let i = 0; i < N; i++) body(i) }
  both(1, (a, step, next) => { let s = ''; times(() => { s += letter(next) }); step(() => a.insert(0, s)) })
  both(2, (a, step, next) => times(i => { const at = next() % (101 + i); const c = letter(next); step(() => a.insert(at, c)) }))
  both(3, (a, step, next) => {
    let length = 100
    times(() => { const at = next() % (length + 1); const w = word(next); length += w.length; step(() => a.insert(at, w)) })
  })
  both(4, (a, step, next) => {
    let length = 100
    times(() => { length = insertOrErase(a, step, next, length) })
  })
}

// Many clients make one change each; one replica applies them all.
const b3 = (engine, report) => {
  if (!engine.values) return
  const many = (number, change) => {
    const replicas = engine.replicas(kClients + 1)
    const updates = []
    replicas.forEach((replica, i) => {
      if (i === 0) return
      replica.capture(update => updates.push(update))
      replica.transact(() => change(replica, i))
    })
    const spare = engine.spare ?? (() => engine.replicas(1)[0])
    report(`B3.${number}`, measure(() => spare(replicas[0]), (replica, tick) => {
      for (const update of updates) { replica.apply(update); tick() }
    }, replica => {
      const [array, map] = JSON.parse(replica.json())
      equal(array.length + Object.keys(map).length, number === 4 ? kClients : 1)
      replica.free()
    }))
    for (const replica of replicas) replica.free()
  }
  many(1, (replica, i) => replica.set('v', i))
  many(2, (replica, i) => replica.set('v', { name: String(i), address: 'here' }))
  many(3, (replica, i) => replica.set('v', String(i).repeat(200)))
  many(4, (replica, i) => replica.insertValues(0, [String(i).repeat(10)]))
}

// The long recorded history, several times over: each time on top of what is there.
const b4 = (engine, report, folder, times) => {
  const { txns, endContent } = readTrace(folder, 'automerge-paper')
  const patches = txns.flatMap(txn => txn.patches)
  const count = Number(times)
  let whole
  const edited = measure(() => engine.replicas(1)[0], (replica, tick) => {
    for (let i = 0; i < count; i++) {
      for (const p of patches) { replica.transact(() => patch(replica, p)); tick() }
    }
  }, replica => {
    equal(replica.text(), endContent.repeat(count))
    whole = replica.encode(engine.formats[0])
    replica.free()
  })
  report(`B4x${times}/edits`, edited)
  if (!edited.over) report(`B4x${times}/load`, measure(() => null, () => engine.load(whole, engine.formats[0]).text().length))
}

// ---- cost of one edit (its own transaction and update) in a document of n items, and of applying it elsewhere

const kEdits = 300

const grown = (engine, report, size, names, build, edits) => {
  let writer
  const built = measure(() => engine.replicas(1)[0], (replica, tick) => replica.transact(() => {
    for (let i = 0; i < Number(size); i++) { build(replica, i); tick() }
  }), replica => { writer = replica }, undefined, 1)
  if (built.over) {
    for (const name of names) for (const what of [name, `remote_${name}`]) report(`grow/${what}/${size}`, built)
    return
  }
  const reader = engine.load(writer.encode(engine.formats[0]), engine.formats[0])
  let sent = []
  writer.capture(update => sent.push(update))
  const deliver = (_, tick = () => {}) => { for (const update of sent) { reader.apply(update); tick() } }
  for (const name of names) {
    const edit = (_, tick = () => {}) => { for (let i = 0; i < kEdits; i++) { writer.transact(() => edits[name](writer, i)); tick() } }
    const local = measure(() => null, edit, undefined, undefined, 3)
    report(`grow/${name}/${size}`, local, kEdits)
    if (local.over) { report(`grow/remote_${name}/${size}`, local); return }
    deliver()
    const remote = measure(() => { sent = []; edit() }, deliver, undefined, undefined, 3)
    report(`grow/remote_${name}/${size}`, remote, kEdits)
    if (remote.over) return // stopped on the way: the reader lacks updates
    sent = []
  }
  equal(reader.text(), writer.text())
  writer.free()
  reader.free()
}

const grow = (engine, report, _folder, size) => {
  const n = Number(size)
  const next = random(n)
  let length = n
  grown(engine, report, size, ['insert', 'prepend', 'erase'], (replica, i) => replica.insert(0, String.fromCharCode(97 + i % 26)), {
    insert: replica => replica.insert(next() % ++length, 'x'),
    prepend: replica => { replica.insert(0, 'y'); length++ },
    erase: replica => { if (length > 1) replica.erase(next() % length--, 1) }
  })
  if (!engine.values) return
  grown(engine, report, size, ['set'], (replica, i) => replica.set(`k${i}`, i), { set: (replica, i) => replica.set(`k${next() % n}`, i) })
}

export const groups = { trace, memory, concurrent, b1, b2, b3, b4, grow }
