// Writes cases for hostile_differential: updates that no honest client sends, and what Yjs made of them.
//
//   node hostile_cases.mjs HISTORIES [SEED] > cases.txt
//
// A history is a list of random updates to one document; the blocks in them have any origins at all. Each history has a
// style after one kind of attack of tests/support/hostile_updates.h. A case is a line:
//
//   history <seed> <style> <0|1: formats are cleaned>
//   update <update> <the list> <the values of the key> <state, v1>
//   load <update> <the list> <the values of the key> <state, v1>      the same, for an empty document
//
// A list is `client:clock+length,…` in the order of the document, deleted items included; items that Yjs could merge are
// written as one. Everything binary is hexadecimal; "-" stands for nothing.
import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'
import { Random } from './random.mjs'

const histories = Number(process.argv[2] ?? 100)
const firstSeed = Number(process.argv[3] ?? 1)

const hex = bytes => bytes.length === 0 ? '-' : Buffer.from(bytes).toString('hex')
const line = (...words) => process.stdout.write(words.join(' ') + '\n')

const kinds = { deleted: 1, string: 4, format: 6, type: 7, any: 8, doc: 9 }

const writeId = (out, id) => {
  encoding.writeVarUint(out, id.client)
  encoding.writeVarUint(out, id.clock)
}

const writeBlock = (out, block) => {
  const hasParent = !block.origin && !block.right
  encoding.writeUint8(out, kinds[block.kind] | (block.origin ? 0x80 : 0) | (block.right ? 0x40 : 0) | (block.key && hasParent ? 0x20 : 0))
  if (block.origin) writeId(out, block.origin)
  if (block.right) writeId(out, block.right)
  if (hasParent) {
    encoding.writeVarUint(out, block.holder ? 0 : 1)
    if (block.holder) writeId(out, block.holder)
    else encoding.writeVarString(out, 'r')
    if (block.key) encoding.writeVarString(out, block.key)
  }
  switch (block.kind) {
    case 'deleted': return encoding.writeVarUint(out, block.len)
    case 'string': return encoding.writeVarString(out, block.text)
    case 'format':
      encoding.writeVarString(out, block.name)
      return encoding.writeVarString(out, 'true')
    case 'type': return encoding.writeVarUint(out, block.type)
    case 'any':
      encoding.writeVarUint(out, block.len)
      for (let i = 0; i < block.len; i++) encoding.writeAny(out, 1)
      return
    case 'doc':
      encoding.writeVarString(out, block.name)
      return encoding.writeAny(out, { autoLoad: true })
  }
}

const encode = (blocks, deletes) => {
  const out = encoding.createEncoder()
  const clients = [...blocks.keys()].sort((a, b) => b - a)
  encoding.writeVarUint(out, clients.length)
  for (const client of clients) {
    const list = blocks.get(client)
    encoding.writeVarUint(out, list.length)
    encoding.writeVarUint(out, client)
    encoding.writeVarUint(out, list[0].clock)
    for (const block of list) writeBlock(out, block)
  }
  encoding.writeVarUint(out, deletes.size)
  for (const [client, ranges] of deletes) {
    encoding.writeVarUint(out, client)
    encoding.writeVarUint(out, ranges.length)
    for (const [clock, len] of ranges) {
      encoding.writeVarUint(out, clock)
      encoding.writeVarUint(out, len)
    }
  }
  return encoding.toUint8Array(out)
}

const itemsOf = (doc, key) => {
  const type = doc.share.get('r')
  if (!type) return '-'
  const items = []
  if (key === null) {
    for (let item = type._start; item !== null; item = item.right) items.push(item)
  } else {
    for (let item = type._map.get(key) ?? null; item !== null; item = item.left) items.unshift(item)
  }
  const runs = []
  for (const { id, length } of items) {
    const last = runs[runs.length - 1]
    if (last && last.client === id.client && last.clock + last.len === id.clock) last.len += length
    else runs.push({ client: id.client, clock: id.clock, len: length })
  }
  return runs.map(run => `${run.client}:${run.clock}+${run.len}`).join(',') || '-'
}

const texts = ['a', 'bc', 'def', 'ghij', 'ä', '\u{1F600}', 'x\u{1F600}y', '\u{1F600}\u{1F601}']

// Picks ids near the ends of what there is, so that many share an origin.
class History {
  constructor (seed, style) {
    this.random = new Random(seed)
    this.style = style
    this.clocks = new Map()
    this.ids = []
    this.types = []
    this.clients = Array.from({ length: this.random.between(1, 8) }, (_, i) => 7 * i + 1)
    this.near = this.random.between(1, 30)
    this.once = 0
  }

  id () {
    const { random, ids } = this
    const n = random.below(Math.min(this.near, ids.length))
    return random.chance(50) ? ids[n] : ids[ids.length - 1 - n]
  }

  // A client that has not written yet.
  newClient () { return 1000 + this.random.below(1000000) }

  block (client) {
    const { random, style } = this
    const block = { clock: this.clocks.get(client) ?? 0, kind: 'string', text: random.pick(style === 'joined' ? texts.slice(5) : texts) }
    const any = this.ids.length > 0
    switch (style) {
      case 'key':
        block.kind = random.chance(20) ? 'type' : 'any'
        block.len = 1
        block.type = 1
        if (any && random.chance(20)) block.origin = this.id()
        if (any && random.chance(20)) block.right = this.id()
        block.key = 'k'
        break
      case 'origin': break
      case 'right':
        if (any) block.origin = this.ids[random.below(Math.min(3, this.ids.length))]
        if (any) block.right = this.id()
        break
      case 'cuts':
        if (any) block.origin = random.pick(this.ids)
        break
      case 'subdocuments':
        block.kind = 'doc'
        block.name = random.pick(['a', 'b', 'c'])
        if (any && random.chance(50)) block.origin = this.id()
        break
      case 'formats':
        if (random.chance(50)) {
          block.kind = 'format'
          block.name = random.pick(['bold', 'em', 'u'])
        }
        if (any) block.origin = random.chance(70) ? this.ids[this.ids.length - 1] : this.id()
        break
      case 'nesting':
        if (random.chance(60)) {
          block.kind = 'type'
          block.type = random.pick([0, 1, 2])
        }
        if (this.types.length > 0 && random.chance(80)) block.holder = random.pick(this.types)
        else if (any && random.chance(50)) block.origin = this.id()
        break
      default:
        if (any && random.chance(65)) block.origin = this.id()
        if (any && random.chance(65)) block.right = this.id()
        if (random.chance(5)) Object.assign(block, { kind: 'deleted', len: random.between(1, 4) })
        if (style === 'joined' && random.chance(10)) Object.assign(block, { kind: 'type', type: 0 })
        if (style === 'joined' && this.types.length > 0 && random.chance(20)) {
          Object.assign(block, { origin: undefined, right: undefined, holder: random.pick(this.types) })
        }
    }
    // A right origin at or before the origin in one run: where it goes depends on where the run happens to be cut.
    const { origin, right } = block
    if (origin && right && origin.client === right.client && right.clock <= origin.clock) delete block.right
    block.len = block.kind === 'string' ? block.text.length : block.len ?? 1
    this.clocks.set(client, block.clock + block.len)
    for (let i = 0; i < block.len; i++) this.ids.push({ client, clock: block.clock + i })
    if (block.kind === 'type') this.types.push({ client, clock: block.clock })
    return block
  }

  update () {
    const { random } = this
    const blocks = new Map()
    for (let n = random.between(1, 3); n > 0; n--) {
      const client = this.style === 'origin' || random.chance(20) ? this.newClient() : random.pick(this.clients)
      if (!blocks.has(client)) blocks.set(client, [])
      blocks.get(client).push(this.block(client))
    }
    const deletes = new Map()
    if (random.chance(this.style === 'deletions' ? 70 : 30)) {
      const id = random.pick(this.ids)
      const ranges = [[id.clock, random.between(1, 3)]]
      // Of this client, also what nobody knows yet.
      if (this.style === 'deletions') for (let n = random.below(4); n > 0; n--) ranges.push([random.below(40), 1])
      ranges.sort((a, b) => a[0] - b[0])
      // Without overlaps: Yjs writes those that wait into an update that it cannot read.
      const apart = []
      for (const [clock, len] of ranges) {
        const last = apart[apart.length - 1]
        if (!last || clock >= last[0] + last[1]) apart.push([clock, len])
      }
      deletes.set(id.client, apart)
    }
    return encode(blocks, deletes)
  }
}

const styles = ['any', 'key', 'origin', 'right', 'cuts', 'deletions', 'joined', 'formats', 'nesting', 'subdocuments']

for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
  const style = styles[seed % styles.length]
  const history = new History(seed, style)
  const clean = style === 'formats'
  const cases = []
  try {
    const doc = new Y.Doc()
    doc.clientID = 4000000000
    if (clean) doc.getText('r')
    let updates = []
    for (let n = history.random.between(3, 40); n > 0; n--) updates.push(history.update())
    if (history.random.chance(30)) {
      // In another order, so that some wait.
      updates = updates.map(update => [history.random.next(), update]).sort((a, b) => a[0] - b[0]).map(pair => pair[1])
    }
    for (const update of updates) {
      Y.applyUpdate(doc, update)
      cases.push(['update', hex(update), itemsOf(doc, null), itemsOf(doc, 'k'), hex(Y.encodeStateAsUpdate(doc))])
    }
    // Whole runs in the second case, which the structs behind them cut.
    for (const whole of [Y.encodeStateAsUpdate(doc), Y.mergeUpdates(updates)]) {
      const copy = new Y.Doc()
      Y.applyUpdate(copy, whole)
      cases.push(['load', hex(whole), itemsOf(copy, null), itemsOf(copy, 'k'), hex(Y.encodeStateAsUpdate(copy))])
    }
  } catch (error) {
    // Yjs itself fails on some of them, for instance when it looks for a format in a forgotten item.
    process.stderr.write(`seed ${seed}: Yjs fails: ${error.message}\n`)
  }
  line('history', seed, style, clean ? 1 : 0)
  for (const words of cases) line(...words)
}
