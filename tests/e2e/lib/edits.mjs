// Random edits over every shared type of a document, as editors make them.

import { Y } from './clients.mjs';

const kWords = ['a', ' ', 'hello', '\n', 'ß€', '文字', '😀', '👩‍👩‍👧', 'e\u0301', 'lorem ipsum dolor '];
const kNames = ['bold', 'italic', 'color'];
const kKeys = ['a', 'b', 'ключ', '😀', ''];

function value(random, depth = 0) {
  switch (random.below(depth < 2 ? 9 : 6)) {
    case 0: return random.below(1e6) - 5e5;
    case 1: return random.next();
    case 2: return random.pick(kWords);
    case 3: return random.chance(0.5);
    case 4: return null;
    case 5: return 2 ** 53 - random.below(10);
    case 6: return random.bytes(random.below(10));
    case 7: return Array.from({ length: random.below(4) }, () => value(random, depth + 1));
    default: return { x: value(random, depth + 1), y: random.pick(kWords) };
  }
}

function shared(random) {
  switch (random.below(4)) {
    case 0: return new Y.Text(random.pick(kTextWords));
    case 1: return new Y.Map([['k', value(random)]]);
    case 2: return Y.Array.from([value(random), value(random)]);
    default: return value(random);
  }
}

// Text of the basic plane: a surrogate pair that one replica splits and another never does is shown differently by Yjs
// itself. The other types have all of Unicode.
const kTextWords = kWords.filter((word) => [...word].every((letter) => letter.length === 1));

function edit_text(random, text) {
  const at = random.below(text.length + 1);
  const rest = text.length - at;
  const length = Math.min(rest, 1 + random.below(5));
  if (random.chance(0.55) || length === 0) {
    if (random.chance(0.1)) return text.insertEmbed(at, { image: random.pick(kWords) });
    return text.insert(at, random.pick(kTextWords), random.chance(0.3) ? { [random.pick(kNames)]: true } : undefined);
  }
  if (random.chance(0.5)) return text.delete(at, length);
  return text.format(at, length, { [random.pick(kNames)]: random.pick([true, null, 'red']) });
}

function edit_map(random, map) {
  const key = random.pick(kKeys);
  if (random.chance(0.25)) return map.delete(key);
  return map.set(key, shared(random));
}

function edit_array(random, array) {
  const at = random.below(array.length + 1);
  if (at < array.length && random.chance(0.4)) return array.delete(at, 1);
  return array.insert(at, [shared(random)]);
}

function edit_xml(random, parent, depth = 0) {
  const at = random.below(parent.length + 1);
  const child = at < parent.length ? parent.get(at) : null;
  if (child instanceof Y.XmlText && random.chance(0.7)) return edit_text(random, child);
  if (child instanceof Y.XmlElement && random.chance(0.7)) {
    if (random.chance(0.3)) return child.setAttribute(random.pick(['id', 'class', 'ключ']), random.pick(kWords));
    return edit_xml(random, child, depth + 1);
  }
  if (child !== null && random.chance(0.3)) return parent.delete(at, 1);
  const made = depth < 3 && random.chance(0.5) ? new Y.XmlElement(random.pick(['p', 'li', 'h1'])) : new Y.XmlText(random.pick(kTextWords));
  return parent.insert(at, [made]);
}

// A nested type somewhere in a map or array, edited in place.
function edit_nested(random, doc) {
  const inner = [...doc.getMap('map').values(), ...doc.getArray('array').toArray()].filter((v) => v instanceof Y.AbstractType);
  if (inner.length === 0) return edit_map(random, doc.getMap('map'));
  const type = random.pick(inner);
  if (type instanceof Y.Text) return edit_text(random, type);
  return type instanceof Y.Map ? edit_map(random, type) : edit_array(random, type);
}

// One transaction of a few edits.
export function random_edit(random, doc) {
  doc.transact(() => {
    for (let n = 1 + random.below(3); n > 0; --n) {
      switch (random.below(5)) {
        case 0: edit_map(random, doc.getMap('map')); break;
        case 1: edit_array(random, doc.getArray('array')); break;
        case 2: edit_xml(random, doc.getXmlFragment('xml')); break;
        case 3: edit_nested(random, doc); break;
        default: edit_text(random, doc.getText('content'));
      }
    }
  });
}
