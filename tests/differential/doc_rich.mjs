// Long texts with many formats, where the tree of a sequence has several levels, and what editors do to them at random
// places: typing, marking, marking on and off again, and deltas that begin with a long retain.

import { resolve } from './doc_ops.mjs'
import { packed } from './doc_model.mjs'
import { word } from './random.mjs'

const path = ['text']
const names = ['bold', 'italic', 'color', 'link']
const values = [true, null, '#888', 1, { a: 1 }, { a: 1, b: 'x' }]

// With `many` names, more than the engine tells apart at once.
const name = (random, many) => many && random.chance(50) ? `note-${random.below(90)}` : random.pick(names)
const marks = (random, many) => {
  const out = new Map()
  for (let n = random.weighted([[5, 1], [1, 2], [1, 3]]); n > 0; n--) out.set(name(random, many), packed(random.pick(values)))
  return [...out]
}

// The operations that make the text: a delta, then marks over it.
export const richText = (random, many) => {
  const delta = []
  let length = 0
  for (let n = random.weighted([[2, 40], [3, 300], [1, 1500]]); n > 0; n--) {
    const text = word(random) || 'x'
    length += text.length
    delta.push({ i: text, a: random.chance(60) ? marks(random, many) : undefined })
  }
  const ops = [['td', path, delta]]
  for (let n = random.between(0, 40); n > 0; n--) {
    const from = random.below(length)
    ops.push(['tf', path, from, random.between(1, Math.min(length - from, 200)), marks(random, many)])
  }
  return ops
}

const range = (random, length) => {
  const from = random.below(length)
  const most = length - from
  return [from, random.weighted([[6, random.between(1, Math.min(most, 10))], [2, random.between(1, Math.min(most, 300))], [1, most]])]
}

export const richOps = many => (random, doc) => {
  const { length } = resolve(doc, path)
  const at = random.below(length + 1)
  const fresh = () => random.weighted([
    [4, () => [['ti', path, at, word(random)]]],
    [2, () => [['ta', path, at, word(random), marks(random, many)]]],
    [1, () => [['tb', path, at, packed({ image: 1 }), marks(random, many)]]]
  ])()
  if (length === 0) return fresh()
  const [from, count] = range(random, length)
  const before = from > 0 ? [{ r: from }] : []
  return random.weighted([
    [6, fresh],
    [3, () => [['te', path, from, count]]],
    [4, () => [['tf', path, from, count, marks(random, many)]]],
    [2, () => {
      const key = name(random, many)
      const ops = []
      for (let n = random.between(2, 12); n > 0; n--) ops.push(['tf', path, from, count, [[key, packed(n % 2 ? null : true)]]])
      return ops
    }],
    [2, () => [['td', path, [...before, { i: word(random) || 'y', a: random.chance(50) ? marks(random, many) : undefined }]]]],
    [2, () => [['td', path, [...before, { d: count }, { i: 'z', a: random.chance(50) ? marks(random, many) : undefined }]]]],
    [2, () => [['td', path, [...before, { r: count, a: marks(random, many) }, ...(from + count < length ? [{ d: 1 }] : []), { i: 'w' }]]]]
  ])()
}
