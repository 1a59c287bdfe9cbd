// What a Yjs document looks like from outside, as plain values: types by their public reading functions, events by
// what they report. The C++ side (doc_model.cpp) builds the same values from our engine; equal means equal bytes
// in lib0's `any` encoding.

import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'

export const kinds = { array: 0, map: 1, text: 2, element: 3, fragment: 4, hook: 5, xmltext: 6 }

export const kindOf = type => {
  if (type instanceof Y.XmlText) return kinds.xmltext
  if (type instanceof Y.Text) return kinds.text
  if (type instanceof Y.XmlHook) return kinds.hook
  if (type instanceof Y.Map) return kinds.map
  if (type instanceof Y.XmlElement) return kinds.element
  if (type instanceof Y.XmlFragment) return kinds.fragment
  if (type instanceof Y.Array) return kinds.array
  return 15
}

export const newType = (kind, name) => {
  switch (kind) {
    case kinds.array: return new Y.Array()
    case kinds.map: return new Y.Map()
    case kinds.text: return new Y.Text()
    case kinds.element: return new Y.XmlElement(name)
    case kinds.fragment: return new Y.XmlFragment()
    case kinds.hook: return new Y.XmlHook(name)
    case kinds.xmltext: return new Y.XmlText()
  }
  throw new Error(`no kind ${kind}`)
}

export const getRoot = (doc, name, kind) => {
  switch (kind) {
    case kinds.array: return doc.getArray(name)
    case kinds.map: return doc.getMap(name)
    case kinds.text: return doc.getText(name)
    case kinds.element: return doc.getXmlElement(name)
    case kinds.fragment: return doc.getXmlFragment(name)
    case kinds.xmltext: return doc.get(name, Y.XmlText)
  }
  throw new Error(`no root of kind ${kind}`)
}

export const hex = bytes => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')

export const packed = value => hex(encoding.encode(encoder => encoding.writeAny(encoder, value)))

const subdoc = doc => {
  const options = {}
  if (!doc.gc) options.gc = false
  if (doc.autoLoad) options.autoLoad = true
  if (doc.meta !== null) options.meta = doc.meta
  return { g: doc.guid, o: options }
}

const byKey = (a, b) => (a[0] < b[0] ? -1 : 1)
const sortedEntries = (object, dump) => Object.entries(object).map(([k, v]) => [k, dump(v)]).sort(byKey)

// A value inside a container. `deep` follows nested types; otherwise only their kind is told.
const dumpValue = (value, deep) => {
  if (value instanceof Y.AbstractType) return deep ? dumpType(value) : { k: kindOf(value) }
  if (value instanceof Y.Doc) return subdoc(value)
  return { v: value }
}
const deepValue = value => dumpValue(value, true)
const flatValue = value => dumpValue(value, false)

// One operation of a delta; arrays insert many values at once, texts a string or one embed.
const dumpOp = (op, value, isArray) => {
  const out = {}
  if (op.delete !== undefined) out.d = op.delete
  else if (op.retain !== undefined) out.r = op.retain
  else if (typeof op.insert === 'string') out.i = op.insert
  else out.e = isArray ? op.insert.map(value) : [value(op.insert)]
  if (op.attributes !== undefined) out.a = Object.entries(op.attributes)
  return out
}

export const dumpDelta = (delta, value = deepValue) => delta.map(op => dumpOp(op, value, false))

// toDelta(after, before): Yjs does not mark embeds, and leaves equal neighbours apart.
export const dumpChange = delta => {
  const ops = []
  for (const op of delta) {
    const attributes = Object.entries(op.attributes ?? {})
      .filter(([key]) => typeof op.insert === 'string' || key !== 'ychange').sort(byKey)
    const last = ops[ops.length - 1]
    if (typeof op.insert === 'string' && typeof last?.i === 'string' && packed(attributes) === packed(last.a)) last.i += op.insert
    else ops.push(typeof op.insert === 'string' ? { i: op.insert, a: attributes } : { e: flatValue(op.insert), a: attributes })
  }
  return ops
}

export const dumpType = type => {
  const kind = kindOf(type)
  switch (kind) {
    case kinds.array: return { k: kind, v: type.toArray().map(deepValue) }
    case kinds.map: return { k: kind, e: [...type.entries()].map(([k, v]) => [k, deepValue(v)]) }
    case kinds.hook: return { k: kind, n: type.hookName, e: [...type.entries()].map(([k, v]) => [k, deepValue(v)]) }
    case kinds.text:
    case kinds.xmltext:
      return { k: kind, d: dumpDelta(type.toDelta()), a: sortedEntries(type.getAttributes(), deepValue) }
    case kinds.element:
      return { k: kind, n: type.nodeName, a: sortedEntries(type.getAttributes(), deepValue), c: type.toArray().map(deepValue) }
    case kinds.fragment: return { k: kind, c: type.toArray().map(deepValue) }
  }
  return { k: kind }
}

export const dumpEvent = event => {
  const isText = event.target instanceof Y.Text
  const keys = [...event.changes.keys.entries()].map(([key, change]) =>
    [key, change.action, change.action === 'add' ? null : flatValue(change.oldValue)])
  return {
    t: kindOf(event.target),
    p: event.path,
    d: event.changes.delta.map(op => dumpOp(op, flatValue, !isText)),
    k: keys,
    l: event.transaction.local
  }
}

// What toString() gives, where a type has its own; half a surrogate pair as U+FFFD.
export const printed = type =>
  type instanceof Y.XmlFragment || type instanceof Y.Text ? Buffer.from(type.toString()).toString() : ''

const holdsSubdoc = value => value instanceof Y.Doc ||
  (value !== null && typeof value === 'object' && !(value instanceof Uint8Array) && Object.values(value).some(holdsSubdoc))

// toJSON() of a type; nothing if there are subdocuments in it, which Yjs puts there as they are.
export const plain = type => {
  const value = type.toJSON()
  return holdsSubdoc(value) ? '' : packed(value)
}
