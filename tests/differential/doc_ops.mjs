// Operations on one document: how to make one up at random, and how to run one with Yjs. An operation is a list
// [name, path, arguments…] that survives JSON; values are packed with lib0's `any`. A path starts with a root's name and
// goes on with keys and indices. doc_replay.cpp runs the same lists on our engine.

import * as Y from 'yjs'
import * as decoding from 'lib0/decoding'
import { getRoot, kindOf, kinds, newType, packed } from './doc_model.mjs'
import { anyValue, attributes, embed, keys, nodeNames, word } from './random.mjs'

const unpack = text => decoding.readAny(decoding.createDecoder(new Uint8Array(Buffer.from(text, 'hex'))))
const unpackAttributes = list => (list === null ? undefined : Object.fromEntries(list.map(([k, v]) => [k, unpack(v)])))
const newDoc = (guid, options) => new Y.Doc({ guid, ...unpack(options) })

export const roots = [
  ['array', kinds.array], ['map', kinds.map], ['text', kinds.text],
  ['xml', kinds.fragment], ['xmltext', kinds.xmltext], ['element', kinds.element]
]

const embedAt = (text, index) => {
  let position = 0
  for (const op of text.toDelta()) {
    if (position === index) return op.insert
    position += typeof op.insert === 'string' ? op.insert.length : 1
  }
}

export const resolve = (doc, [root, ...steps]) => {
  let type = getRoot(doc, root, roots.find(([name]) => name === root)[1])
  for (const step of steps) {
    type = type instanceof Y.Text ? embedAt(type, step) : type.get(step)
  }
  return type
}

// ---- running

const run = {
  ai: (t, index, values) => t.insert(index, values.map(unpack)),
  ap: (t, values) => t.push(values.map(unpack)),
  at: (t, index, kind, name) => t.insert(index, [newType(kind, name)]),
  ad: (t, index, guid, options) => t.insert(index, [newDoc(guid, options)]),
  ae: (t, index, length) => t.delete(index, length),
  ms: (t, key, value) => t.set(key, unpack(value)),
  mt: (t, key, kind, name) => t.set(key, newType(kind, name)),
  md: (t, key, guid, options) => t.set(key, newDoc(guid, options)),
  me: (t, key) => t.delete(key),
  ti: (t, index, text) => t.insert(index, text),
  ta: (t, index, text, attrs) => t.insert(index, text, unpackAttributes(attrs)),
  tb: (t, index, value, attrs) => t.insertEmbed(index, unpack(value), unpackAttributes(attrs)),
  tt: (t, index, kind, attrs) => t.insertEmbed(index, newType(kind), unpackAttributes(attrs)),
  te: (t, index, length) => t.delete(index, length),
  tf: (t, index, length, attrs) => t.format(index, length, unpackAttributes(attrs)),
  td: (t, delta) => t.applyDelta(delta.map(op => {
    const out = {}
    if (op.i !== undefined) out.insert = op.i
    if (op.e !== undefined) out.insert = unpack(op.e)
    if (op.r !== undefined) out.retain = op.r
    if (op.d !== undefined) out.delete = op.d
    if (op.a) out.attributes = unpackAttributes(op.a)
    return out
  })),
  xi: (t, index, kind, name) => t.insert(index, [newType(kind, name)]),
  xe: (t, index, length) => t.delete(index, length),
  // Attributes of elements and of texts.
  xs: (t, key, value) => t.setAttribute(key, unpack(value)),
  xr: (t, key) => t.removeAttribute(key)
}

// Copies of the type at a path.
const copy = {
  ac: (t, index, source) => t.insert(index, [source.clone()]),
  xc: (t, index, source) => t.insert(index, [source.clone()]),
  mc: (t, key, source) => t.set(key, source.clone())
}

export const runOp = (doc, [name, path, ...args]) => {
  const type = resolve(doc, path)
  if (name in copy) copy[name](type, args[0], resolve(doc, args[1]))
  else run[name](type, ...args)
}

// What clone() of Yjs copies whole: it forgets attributes of texts, and fails at what cannot be inserted twice or in an array.
const isCopied = (value, inArray) => {
  if (value instanceof Y.Doc) return false
  if (!(value instanceof Y.AbstractType)) return !inArray || (value !== undefined && typeof value !== 'bigint')
  switch (kindOf(value)) {
    case kinds.array: return value.toArray().every(element => isCopied(element, true))
    case kinds.map: return [...value.values()].every(element => isCopied(element))
    case kinds.hook: return [...value.values()].every(element => !(element instanceof Y.AbstractType) && isCopied(element))
    case kinds.text:
    case kinds.xmltext:
      return Object.keys(value.getAttributes()).length === 0 && value.toDelta().every(op => !(op.insert instanceof Y.AbstractType))
    case kinds.element:
      return Object.values(value.getAttributes()).every(element => !(element instanceof Y.AbstractType) && isCopied(element)) &&
        value.toArray().every(element => isCopied(element))
    case kinds.fragment: return value.toArray().every(element => isCopied(element))
    default: return false
  }
}

// ---- making up

const nestedKinds = [kinds.array, kinds.map, kinds.text, kinds.element, kinds.fragment, kinds.hook, kinds.xmltext]
const embeddedKinds = [kinds.array, kinds.map, kinds.text, kinds.fragment, kinds.xmltext]
const xmlKinds = [kinds.element, kinds.element, kinds.xmltext, kinds.xmltext, kinds.hook]
const options = random => packed({
  ...(random.chance(30) ? { gc: false } : {}),
  ...(random.chance(30) ? { autoLoad: true } : {}),
  ...(random.chance(40) ? { meta: anyValue(random, 1) ?? 'none' } : {})
})

// Walks down at random: a type and the path to it.
const somewhere = (random, doc, only) => {
  const path = [random.pick(only).slice()[0]]
  let type = resolve(doc, path)
  while (random.chance(55)) {
    const below = []
    if (type instanceof Y.Text) {
      let position = 0
      for (const op of type.toDelta()) {
        if (op.insert instanceof Y.AbstractType) below.push(position)
        position += typeof op.insert === 'string' ? op.insert.length : 1
      }
    } else if (type instanceof Y.Map) {
      for (const [key, value] of type.entries()) if (value instanceof Y.AbstractType) below.push(key)
    } else {
      type.toArray().forEach((value, index) => { if (value instanceof Y.AbstractType) below.push(index) })
    }
    if (below.length === 0) break
    const step = random.pick(below)
    const next = type instanceof Y.Text ? embedAt(type, step) : type.get(step)
    path.push(step)
    type = next
  }
  return [type, path]
}

const place = (random, length) => random.weighted([[3, random.below(length + 1)], [1, 0], [1, length], [2, Math.min(length, 2)]])

const range = (random, length) => {
  const index = random.below(length)
  const most = length - index
  const count = random.weighted([[6, Math.min(most, random.between(1, 3))], [2, random.between(1, most)], [1, most]])
  return [index, count]
}

const textOp = (random, text, path, plain) => {
  const length = text.length
  const fresh = () => random.weighted([
    [8, () => ['ti', path, place(random, length), word(random)]],
    [plain ? 0 : 3, () => ['ta', path, place(random, length), word(random), attributes(random, true) ?? []]],
    [plain ? 0 : 2, () => ['tb', path, place(random, length), packed(embed(random)), attributes(random)]],
    [plain ? 0 : 1, () => ['tt', path, place(random, length), random.pick(embeddedKinds), attributes(random)]],
    [plain ? 0 : 1, () => ['xs', path, random.pick(keys), packed(anyValue(random))]],
    [plain ? 0 : 1, () => ['xr', path, random.pick(keys)]]
  ])()
  if (length === 0) return fresh()
  return random.weighted([
    [6, fresh],
    [4, () => ['te', path, ...range(random, length)]],
    [plain ? 0 : 9, () => ['tf', path, ...range(random, length), attributes(random, false)]],
    [plain ? 0 : 4, () => ['td', path, deltaFor(random, length)]]
  ])()
}

const deltaFor = (random, length) => {
  const delta = []
  let left = length
  for (let n = random.between(1, 4); n > 0; n--) {
    const kind = random.below(4)
    if (kind === 0) delta.push({ i: word(random), a: attributes(random) ?? undefined })
    else if (kind === 1 && random.chance(40)) delta.push({ e: packed(embed(random)), a: attributes(random) ?? undefined })
    else if (left > 0) {
      const count = random.between(1, left)
      left -= count
      delta.push(kind === 2 ? { d: count } : { r: count, a: attributes(random) ?? undefined })
    }
  }
  return delta
}

const arrayOp = (random, array, path) => {
  const length = array.length
  const values = () => Array.from({ length: random.between(1, 3) }, () => packed(anyValue(random, 0, true)))
  const fresh = () => random.weighted([
    [6, () => ['ai', path, place(random, length), values()]],
    [2, () => ['ap', path, values()]],
    [3, () => ['at', path, place(random, length), random.pick(nestedKinds), random.pick(nodeNames)]],
    [1, () => ['ad', path, place(random, length), `guid-${random.below(1000)}`, options(random)]]
  ])()
  if (length === 0 || random.chance(60)) return fresh()
  return ['ae', path, ...range(random, length)]
}

const mapOp = (random, path) => random.weighted([
  [6, () => ['ms', path, random.pick(keys), packed(anyValue(random))]],
  [3, () => ['mt', path, random.pick(keys), random.pick(nestedKinds), random.pick(nodeNames)]],
  [1, () => ['md', path, random.pick(keys), `guid-${random.below(1000)}`, options(random)]],
  [3, () => ['me', path, random.pick(keys)]]
])()

const xmlOp = (random, type, path) => {
  const length = type.length
  const element = type instanceof Y.XmlElement
  if (element && random.chance(35)) {
    return random.chance(70)
      ? ['xs', path, random.pick(keys), packed(random.chance(70) ? word(random) : anyValue(random))]
      : ['xr', path, random.pick(keys)]
  }
  if (length === 0 || random.chance(65)) return ['xi', path, place(random, length), random.pick(xmlKinds), random.pick(nodeNames)]
  return ['xe', path, ...range(random, length)]
}

// Puts a copy of a type into another; nothing if the types at hand do not allow it.
const copyOp = (random, doc, only, type, path) => {
  const [source, sourcePath] = somewhere(random, doc, only)
  if (!isCopied(source)) return
  switch (kindOf(type)) {
    case kinds.array: return ['ac', path, place(random, type.length), sourcePath]
    case kinds.map: return ['mc', path, random.pick(keys), sourcePath]
    case kinds.element:
    case kinds.fragment: return xmlKinds.includes(kindOf(source)) ? ['xc', path, place(random, type.length), sourcePath] : undefined
  }
}

export const randomOp = (random, doc, only, plain) => {
  const [type, path] = somewhere(random, doc, only)
  if (random.chance(4)) {
    const op = copyOp(random, doc, only, type, path)
    if (op !== undefined) return op
  }
  switch (kindOf(type)) {
    case kinds.array: return arrayOp(random, type, path)
    case kinds.map:
    case kinds.hook: return mapOp(random, path)
    case kinds.text:
    case kinds.xmltext: return textOp(random, type, path, plain)
    default: return xmlOp(random, type, path)
  }
}
