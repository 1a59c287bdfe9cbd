// Reproducible randomness, and the values, words and names that random histories are made of.

import { packed } from './doc_model.mjs'

export class Random {
  constructor (seed) {
    this.state = (Math.imul(seed >>> 0, 0x9e3779b1) ^ 0x5bd1e995) >>> 0
    for (let i = 0; i < 8; i++) this.next()
  }

  next () {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return (t ^ (t >>> 14)) >>> 0
  }

  // 0 … n-1
  below (n) { return this.next() % n }
  chance (percent) { return this.below(100) < percent }
  between (low, high) { return low + this.below(high - low + 1) }
  pick (list) { return list[this.below(list.length)] }

  // One of [weight, value] pairs.
  weighted (pairs) {
    let n = this.below(pairs.reduce((sum, [weight]) => sum + weight, 0))
    for (const [weight, value] of pairs) {
      if (n < weight) return value
      n -= weight
    }
  }
}

const words = ['a', 'b', 'xy', 'hello', 'lorem ipsum ', '\n', ' ', 'ä', 'ß€', '文字', '😀', '🇩🇪', 'e\u0301', '👩‍👩‍👧', 'tail😀', '😀head', '\u0000', '"\\']
export const word = random => {
  let text = random.pick(words)
  while (random.chance(25)) text += random.pick(words)
  return text
}

const numbers = [0, 1, -1, 63, 64, -64, 127, 128, 8191, 8192, 0x7fffffff, -0x7fffffff, 0x80000000, -0x80000000, 2 ** 40, 2 ** 53, -(2 ** 53), 0.5, 0.1, -1.25, 1e21, 1e-7, 3.4028234663852886e38, 5e-324, Infinity, -Infinity, NaN]

// `inArray`: what may stand directly in a Y.Array (no undefined, no BigInt).
export const anyValue = (random, depth = 0, inArray = false) => random.weighted([
  [6, () => random.pick(numbers)],
  [6, () => word(random)],
  [2, () => random.chance(50)],
  [2, () => null],
  [inArray ? 0 : 2, () => undefined],
  [inArray ? 0 : 2, () => BigInt(random.pick(numbers.slice(0, 12))) * (random.chance(30) ? 4611686018427387n : 1n)],
  [2, () => Uint8Array.from({ length: random.below(6) }, () => random.below(256))],
  [depth < 3 ? 3 : 0, () => Array.from({ length: random.below(4) }, () => anyValue(random, depth + 1))],
  [depth < 3 ? 3 : 0, () => Object.fromEntries(Array.from({ length: random.below(4) }, () => [random.pick(['a', 'b', '7', '10', 'ключ', '😀']), anyValue(random, depth + 1)]))]
])()

// What JSON can say: embeds and attribute values go through JSON in update v1.
export const jsonValue = (random, depth = 0) => random.weighted([
  [3, () => random.pick([0, 1, -1, 0.5, 1e21, 12345678901, 0.1])],
  [3, () => word(random)],
  [2, () => random.chance(50)],
  [depth > 0 ? 1 : 0, () => null],
  [depth < 2 ? 1 : 0, () => Array.from({ length: random.below(3) }, () => jsonValue(random, depth + 1))],
  [depth < 2 ? 2 : 0, () => Object.fromEntries(Array.from({ length: random.below(3) }, () => [random.pick(['src', 'w', '3']), jsonValue(random, depth + 1)]))]
])()

export const embed = random => random.chance(80)
  ? { [random.pick(['image', 'video'])]: jsonValue(random, 1) }
  : {}

const attributeNames = ['bold', 'italic', 'color', 'link']
const attributeValue = (random, name) => {
  if (random.chance(30)) return null
  switch (name) {
    case 'bold': return true
    case 'italic': return random.chance(70) ? true : {}
    case 'color': return random.pick(['red', 'blue', 1, 2, false, ''])
    default: return random.chance(60) ? { href: random.pick(['x', 'y']) } : random.chance(50) ? { href: { deep: 1 } } : jsonValue(random)
  }
}

// As a list of [name, packed value] in the order that JavaScript sees them; null for "not given".
export const attributes = (random, optional = true) => {
  if (optional && random.chance(50)) return null
  const object = {}
  for (let n = random.between(optional ? 0 : 1, 2); n > 0; n--) {
    const name = random.pick(attributeNames)
    object[name] = attributeValue(random, name)
  }
  return Object.entries(object).map(([name, value]) => [name, packed(value)])
}

export const keys = ['a', 'b', 'key', 'ключ', '😀', '1', '']
export const nodeNames = ['p', 'DIV', 'Heading', 'ul', 'Ünicode']
