// The operations of Yjs's own random tests, made with our lists of operations (doc_ops.mjs): plain, small and often on
// the same few places, where edits meet; types are filled in the transaction that inserts them.

import * as Y from 'yjs'
import { resolve } from './doc_ops.mjs'
import { kinds, packed } from './doc_model.mjs'

const marks = [{ bold: true }, { italic: true }, { italic: true, color: '#888' }]
const listed = attrs => (attrs === undefined ? null : Object.entries(attrs).map(([k, v]) => [k, packed(v)]))
const maybeMarks = random => listed(random.pick([undefined, ...marks]))
const letters = random => Array.from({ length: random.between(1, 8) }, () => random.pick([...'abcdefghij '])).join('')

let number = 0

const arrayOps = (random, doc) => {
  const path = ['array']
  const array = resolve(doc, path)
  const at = random.below(array.length + 1)
  return random.weighted([
    [1, () => [['ai', path, at, Array.from({ length: random.between(1, 3) }, () => packed(number++))]]],
    [1, () => [['at', path, at, kinds.array], ['ai', [...path, at], 0, [1, 2, 3, 4].map(packed)]]],
    [1, () => [['at', path, at, kinds.map], ...[42, 43, 44].map(n => ['ms', [...path, at], 'someprop', packed(n)])]],
    [1, () => [['ai', path, at, [packed(null)]]]],
    [2, () => {
      if (array.length === 0) return []
      const from = random.below(array.length)
      const inside = array.get(from)
      if (inside instanceof Y.Array && random.chance(50)) {
        if (inside.length === 0) return []
        const place = random.below(inside.length)
        return [['ae', [...path, from], place, random.between(1, Math.min(2, inside.length - place))]]
      }
      return [['ae', path, from, random.between(1, Math.min(2, array.length - from))]]
    }]
  ])()
}

const mapOps = random => {
  const path = ['map']
  const key = random.pick(['one', 'two'])
  return random.weighted([
    [1, () => [['ms', path, key, packed(letters(random))]]],
    [1, () => random.chance(50)
      ? [['mt', path, key, kinds.array], ['ai', [...path, key], 0, [1, 2, 3, 4].map(packed)]]
      : [['mt', path, key, kinds.map], ['ms', [...path, key], 'deepkey', packed('deepvalue')]]],
    [1, () => [['me', path, key]]]
  ])()
}

const erased = (random, text, path) => {
  if (text.length === 0) return []
  const from = random.below(text.length)
  return [['te', path, from, random.between(1, Math.min(5, text.length - from))]]
}

const textOps = (random, doc) => {
  const path = ['text']
  const text = resolve(doc, path)
  if (random.chance(50)) return erased(random, text, path)
  return [['ti', path, random.below(text.length + 1), letters(random)]]
}

// What an editor with rich text does.
const quillOps = (random, doc) => {
  const path = ['text']
  const text = resolve(doc, path)
  const at = random.below(text.length + 1)
  return random.weighted([
    [3, () => [['ta', path, at, letters(random), maybeMarks(random) ?? []]]],
    [1, () => [['tb', path, at, packed({ image: 'https://example.org/picture' }), maybeMarks(random)]]],
    [2, () => erased(random, text, path)],
    [2, () => {
      if (text.length === 0) return []
      const from = random.below(text.length)
      return [['tf', path, from, random.between(1, text.length - from), listed(random.pick(marks))]]
    }],
    [1, () => [['ta', path, at, '\n', listed({ 'code-block': true })]]],
    [1, () => [['td', path, [
      ...(at > 0 ? [{ r: at }] : []), { i: letters(random), a: maybeMarks(random) ?? undefined },
      ...(at < text.length ? [{ d: random.between(1, text.length - at) }] : [])]]]]
  ])()
}

// By root; Yjs has no random tests of XML.
export const suites = [['array', arrayOps], ['map', mapOps], ['text', textOps], ['text', quillOps]]
