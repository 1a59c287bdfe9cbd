// Writes cases for updates_differential: what Yjs does with updates when no document is loaded.
//
//   node updates_cases.mjs HISTORIES [SEED] > cases.txt
//
// Each history is a few documents that edit all shared types with every kind of content, lose and
// exchange updates; its updates, whole and merged with holes, are the inputs. A case is a line:
//
//   seed <seed>
//   roundtrip <version> <update>
//   merge <version> <expected> <update>...
//   diff <version> <expected> <update> <state vector>
//   convert <from> <to> <expected> <update>
//   obfuscate <version> <flags> <expected> <update>     flags: formatting 1, subdocs 2, xml 4
//   state <version> <expected> <update>
//   meta <version> <client>:<from>-<to>,... <update>
//
// Everything binary is hexadecimal; "-" stands for nothing.
import * as Y from 'yjs'

const histories = Number(process.argv[2] ?? 100)
const firstSeed = Number(process.argv[3] ?? 1)

// A small generator with a seed, so that a failing history can be had again (mulberry32).
class Random {
  constructor(seed) { this.state = seed >>> 0 }
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  below(n) { return Math.floor(this.next() * n) }
  pick(list) { return list[this.below(list.length)] }
  chance(p) { return this.next() < p }
  subset(list, p) { return list.filter(() => this.chance(p)) }
  shuffled(list) {
    const out = [...list]
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[out[i], out[j]] = [out[j], out[i]]
    }
    return out
  }
}

const hex = bytes => bytes.length === 0 ? '-' : Buffer.from(bytes).toString('hex')
const line = (...words) => process.stdout.write(words.join(' ') + '\n')

const words = ['a', 'hello', 'x y', 'ü', '漢字', '😀', 'a😀b👩‍🚀', 'line\n', '"\\\u0001', '\u2028']

const scalar = r => r.pick([
  0, -0, 1, -1, 63, 64, -64, 8191, 8192, 2147483647, -2147483647, 2147483648, 1e21, 1.5, 0.1, -1e-7, 5e-324,
  NaN, Infinity, true, false, null, undefined, '', 'text', '😀', 12345678901234567890n >> 2n, 2 ** 53
])

const value = (r, depth = 0) => {
  if (depth > 2 || r.chance(0.6)) return scalar(r)
  switch (r.below(3)) {
    case 0: return Array.from({ length: r.below(4) }, () => value(r, depth + 1))
    case 1: return new Uint8Array(Array.from({ length: r.below(4) }, () => r.below(256)))
    default: {
      const object = {}
      for (let i = r.below(4); i > 0; i--) object[r.pick(['k', 'b', '10', '9', '01', 'ключ', ''])] = value(r, depth + 1)
      return object
    }
  }
}

// What may stand directly in an array.
const element = r => {
  const v = value(r)
  return v === undefined || typeof v === 'bigint' ? [v] : v
}

// Values that JSON can hold, for embeds and formats.
const json = r => r.pick([
  true, null, false, 'red', { a: 1 }, { 2: 'x', 1: [1.5, null] }, [], 0.1, -5, '"', '😀', { src: 'a.png', alt: 'ü' }, 1e300
])

const newType = (r, subdocs) => {
  switch (r.below(9)) {
    case 0: return new Y.Array()
    case 1: return new Y.Map()
    case 2: return new Y.Text('inner')
    case 3: return new Y.XmlElement(r.pick(['p', 'div', 'заголовок']))
    case 4: return new Y.XmlFragment()
    case 5: return new Y.XmlHook('hook')
    case 6: return new Y.XmlText('xml')
    case 7: return new Uint8Array([1, 2, r.below(256)])
    default: return new Y.Doc({ guid: 'guid-' + subdocs.next++, autoLoad: r.chance(0.3), gc: !r.chance(0.3), meta: r.chance(0.5) ? { m: 1 } : null })
  }
}

const editText = (r, text) => {
  const at = r.below(text.length + 1)
  const length = Math.min(r.below(5) + 1, text.length - at)
  switch (r.below(6)) {
    case 0: return text.insert(at, r.pick(words), { bold: r.pick([true, null]) })
    case 1: return text.insertEmbed(at, json(r) ?? {})
    case 2: return length > 0 && text.format(at, length, { [r.pick(['bold', 'color'])]: json(r) })
    case 3: return length > 0 && text.delete(at, length)
    default: return text.insert(at, r.pick(words))
  }
}

const editArray = (r, array, subdocs) => {
  const at = r.below(array.length + 1)
  const length = Math.min(r.below(3) + 1, array.length - at)
  if (r.chance(0.25) && length > 0) return array.delete(at, length)
  if (r.chance(0.3)) return array.insert(at, [newType(r, subdocs)])
  return array.insert(at, Array.from({ length: r.below(4) + 1 }, () => element(r)))
}

const editMap = (r, map, subdocs) => {
  const key = r.pick(['a', 'b', 'ключ'])
  if (r.chance(0.2)) return map.delete(key)
  return map.set(key, r.chance(0.3) ? newType(r, subdocs) : value(r))
}

const editXml = (r, fragment) => {
  const at = r.below(fragment.length + 1)
  if (r.chance(0.25) && at < fragment.length) return fragment.delete(at, 1)
  const node = r.chance(0.5) ? new Y.XmlText(r.pick(words)) : new Y.XmlElement('p')
  fragment.insert(at, [node])
  if (node instanceof Y.XmlElement && r.chance(0.5)) node.setAttribute('id', r.pick(words))
}

// Content that only old versions of Yjs write.
const insertOldJson = (r, doc) => doc.transact(transaction => {
  const parent = doc.getArray('old')
  const content = new Y.ContentJSON([undefined, null, { a: [1, 'ü'] }, 'x'].slice(0, 1 + r.below(4)))
  const clock = Y.getState(doc.store, doc.clientID)
  const item = new Y.Item(Y.createID(doc.clientID, clock), null, null, null, null, parent, null, content)
  item.integrate(transaction, 0)
})

const edit = (r, doc, subdocs) => {
  switch (r.below(9)) {
    case 0: return editArray(r, doc.getArray('array'), subdocs)
    case 1: return editMap(r, doc.getMap('map'), subdocs)
    case 2: return editXml(r, doc.getXmlFragment('xml'))
    case 3: return r.chance(0.3) && insertOldJson(r, doc)
    default: return editText(r, doc.getText('text'))
  }
}

const makeHistory = r => {
  const subdocs = { next: 0 }
  const large = r.chance(0.2)
  const docs = Array.from({ length: 2 + r.below(3) }, (_, i) => {
    const doc = new Y.Doc({ gc: r.chance(0.6) })
    doc.clientID = large ? 2 ** 52 + r.below(1000) * 4 + i : r.below(2 ** 30) * 4 + i
    return doc
  })
  const v1 = []
  const v2 = []
  for (const doc of docs) {
    doc.on('update', update => v1.push(update))
    doc.on('updateV2', update => v2.push(update))
  }
  for (let step = 5 + r.below(40); step > 0; step--) {
    const doc = r.pick(docs)
    if (r.chance(0.25)) {
      for (const update of r.shuffled(r.subset(v1, 0.3))) Y.applyUpdate(doc, update)
    } else if (r.chance(0.3)) {
      doc.transact(() => { for (let i = r.below(5); i >= 0; i--) edit(r, doc, subdocs) })
    } else {
      edit(r, doc, subdocs)
    }
  }
  return { docs, v1, v2 }
}

const api = {
  1: { merge: Y.mergeUpdates, diff: Y.diffUpdate, convert: Y.convertUpdateFormatV1ToV2, state: Y.encodeStateVectorFromUpdate, meta: Y.parseUpdateMeta, encode: Y.encodeStateAsUpdate, obfuscate: Y.obfuscateUpdate },
  2: { merge: Y.mergeUpdatesV2, diff: Y.diffUpdateV2, convert: Y.convertUpdateFormatV2ToV1, state: Y.encodeStateVectorFromUpdateV2, meta: Y.parseUpdateMetaV2, encode: Y.encodeStateAsUpdateV2, obfuscate: Y.obfuscateUpdateV2 }
}

const randomVector = (r, docs) => {
  const vector = new Map()
  for (const doc of docs) if (r.chance(0.7)) vector.set(doc.clientID, r.below(Y.getState(doc.store, doc.clientID) + 2))
  return Y.encodeStateVector(vector)
}

const writeMeta = (version, update) => {
  const { from, to } = api[version].meta(update)
  const spans = [...from].map(([client, clock]) => `${client}:${clock}-${to.get(client)}`)
  line('meta', version, spans.join(',') || '-', hex(update))
}

const writeCases = (r, version, updates, docs) => {
  const { merge, diff, convert, state, encode, obfuscate } = api[version]
  const inputs = [...updates]
  for (const doc of docs) {
    inputs.push(encode(doc), encode(doc, randomVector(r, docs)))
  }
  for (let i = 0; i < 6; i++) {
    const some = r.shuffled(r.subset(inputs, r.pick([0.1, 0.5, 1])))
    const merged = merge(some)
    line('merge', version, hex(merged), ...some.map(hex))
    inputs.push(merged)
  }
  for (const update of r.shuffled(inputs).slice(0, 12).concat(inputs.slice(-2))) {
    line('roundtrip', version, hex(update))
    line('convert', version, 3 - version, hex(convert(update)), hex(update))
    const flags = r.chance(0.6) ? 7 : r.below(8)
    const some = { formatting: (flags & 1) !== 0, subdocs: (flags & 2) !== 0, yxml: (flags & 4) !== 0 }
    line('obfuscate', version, flags, hex(obfuscate(update, some)), hex(update))
    line('state', version, hex(state(update)), hex(update))
    writeMeta(version, update)
    const vector = randomVector(r, docs)
    line('diff', version, hex(diff(update, vector)), hex(update), hex(vector))
  }
}

for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
  const r = new Random(seed)
  line('seed', seed)
  const { docs, v1, v2 } = makeHistory(r)
  writeCases(r, 1, v1, docs)
  writeCases(r, 2, v2, docs)
}
