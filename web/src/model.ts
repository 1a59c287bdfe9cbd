// What a Yjs document holds, as a plain tree, whichever library and version wrote it.
//
// The page does not know the kinds of the roots: no byte of a Yjs document says them, and Yjs 14 has one type for all. So the
// items are read as they are: a sequence, and attributes by name. What cannot be read is named, and never left out.

import * as Y from 'yjs';

export type Marks = Record<string, unknown>;

export type Node =
  | { kind: 'text'; text: string; marks: Marks }
  | { kind: 'embed'; value: unknown; marks: Marks }
  | { kind: 'element'; name: string; attributes: Record<string, Node>; children: Node[] }
  | { kind: 'map'; entries: Record<string, Node> }
  | { kind: 'list'; items: Node[] }
  | { kind: 'value'; value: unknown }
  | { kind: 'unknown'; what: string };

export interface Root {
  name: string;
  /** `text` has no formats and no embeds; `rich` is of an editor; `data` is maps, lists and values. */
  kind: 'text' | 'rich' | 'data';
  node: Node;
}

/** More than so many nodes of a document are not read: nobody looks at them all, and the page must stay fast. */
export const kMostNodes = 20_000;

interface Reading {
  left: number;
  cut: boolean;
}

export interface Model {
  roots: Root[];
  /** There is more than was read. */
  cut: boolean;
}

function is_shared(value: unknown): value is Y.AbstractType<any> {
  return value instanceof Y.AbstractType;
}

/** Whether the type has anything that is not deleted. */
export function has_content(type: Y.AbstractType<any>): boolean {
  for (let item = type._start; item; item = item.right) if (!item.deleted && item.countable) return true;
  for (const item of type._map.values()) if (!item.deleted) return true;
  return false;
}

/** Names of the roots that hold something, in the order of their names. */
export function roots_of(doc: Y.Doc): string[] {
  return [...doc.share].filter(([, type]) => has_content(type)).map(([name]) => name).sort();
}

/** A text without formats and embeds, which a plain editor shows and keeps as it is. */
export function is_plain_text(type: Y.AbstractType<any>): boolean {
  for (const item of type._map.values()) if (!item.deleted) return false;
  for (let item = type._start; item; item = item.right) {
    if (!item.deleted && !(item.content instanceof Y.ContentString)) return false;
  }
  return true;
}

export function read_model(doc: Y.Doc, most = kMostNodes): Model {
  const reading: Reading = { left: most, cut: false };
  const roots = roots_of(doc).map((name) => {
    const type = doc.share.get(name)!;
    const node = read_type(type, reading);
    return { name, node, kind: is_plain_text(type) ? 'text' : kind_of(node) } as Root;
  });
  return { roots, cut: reading.cut };
}

function kind_of(node: Node): Root['kind'] {
  return node.kind === 'element' ? 'rich' : 'data';
}

function read_attributes(type: Y.AbstractType<any>, reading: Reading): Record<string, Node> {
  const entries: Record<string, Node> = {};
  for (const [key, item] of [...type._map].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (item.deleted) continue;
    if (!take(reading)) break;
    const contents = item.content.getContent();
    entries[key] = read_value(contents[contents.length - 1], item.content instanceof Y.ContentFormat, reading);
  }
  return entries;
}

function take(reading: Reading): boolean {
  if (reading.left-- > 0) return true;
  reading.cut = true;
  return false;
}

function read_value(value: unknown, is_format: boolean, reading: Reading): Node {
  if (is_shared(value)) return read_type(value, reading);
  if (value instanceof Uint8Array) return { kind: 'unknown', what: `${value.byteLength} bytes` };
  if (value instanceof Y.Doc) return { kind: 'unknown', what: `a document of its own, ${value.guid}` };
  if (is_format) return { kind: 'unknown', what: 'a format' };
  return { kind: 'value', value };
}

const kXml = [Y.XmlElement, Y.XmlFragment, Y.XmlText];

// The name that an element has: of XML its own, and Lexical keeps it as an attribute of a text.
function name_of(type: Y.AbstractType<any>): string {
  if (type instanceof Y.XmlElement) return type.nodeName;
  const lexical = type._map.get('__type');
  const said = lexical && !lexical.deleted ? lexical.content.getContent()[0] : '';
  return typeof said === 'string' ? said : '';
}

function read_type(type: Y.AbstractType<any>, reading: Reading): Node {
  const attributes = read_attributes(type, reading);
  const children = read_sequence(type, reading);
  const named = Object.keys(attributes).length > 0;
  if (type instanceof Y.Map && children.length === 0) return { kind: 'map', entries: attributes };
  if (type instanceof Y.Array && !named) return { kind: 'list', items: children };
  const is_text = type instanceof Y.Text && children.every((child) => child.kind === 'text');
  const is_xml = kXml.some((known) => type instanceof known) || children.some((child) => child.kind === 'element' || child.kind === 'text' || child.kind === 'embed');
  if (!is_xml && !is_text && !named) return { kind: 'list', items: children };
  if (children.length === 0 && named && !(type instanceof Y.XmlElement) && name_of(type) === '') return { kind: 'map', entries: attributes };
  return { kind: 'element', name: name_of(type), attributes, children };
}

function read_sequence(type: Y.AbstractType<any>, reading: Reading): Node[] {
  const nodes: Node[] = [];
  let marks: Marks = {};
  for (let item = type._start; item; item = item.right) {
    if (item.deleted) continue;
    const { content } = item;
    if (content instanceof Y.ContentFormat) {
      marks = { ...marks, [content.key]: content.value };
      if (content.value === null) delete marks[content.key];
      continue;
    }
    if (content instanceof Y.ContentString) {
      add_text(nodes, content.str, marks, reading);
      continue;
    }
    if (content instanceof Y.ContentEmbed) {
      if (!take(reading)) break;
      nodes.push({ kind: 'embed', value: content.embed, marks });
      continue;
    }
    for (const value of content.getContent()) {
      if (!take(reading)) return nodes;
      nodes.push(read_value(value, false, reading));
    }
  }
  return nodes;
}

function add_text(nodes: Node[], text: string, marks: Marks, reading: Reading): void {
  const last = nodes[nodes.length - 1];
  if (last?.kind === 'text' && same_marks(last.marks, marks)) {
    last.text += text;
  } else if (take(reading)) {
    nodes.push({ kind: 'text', text, marks });
  }
}

function same_marks(a: Marks, b: Marks): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}

/** The characters of a tree, a line for each block: what a word diff compares. */
export function text_of(node: Node): string {
  switch (node.kind) {
    case 'text':
      return node.text;
    case 'element': {
      const inner = node.children.map(text_of);
      const blocks = node.children.some((child) => child.kind === 'element');
      return blocks ? inner.filter(Boolean).join('\n') : inner.join('');
    }
    case 'embed':
    case 'unknown':
      return '';
    case 'value':
      return typeof node.value === 'string' ? node.value : JSON.stringify(node.value) ?? '';
    case 'list':
      return node.items.map(text_of).join('\n');
    case 'map':
      return Object.entries(node.entries).map(([key, value]) => `${key}: ${text_of(value)}`).join('\n');
  }
}

export function text_of_model(model: Model): string {
  if (model.roots.length === 1) return text_of(model.roots[0]!.node);
  return model.roots.map((root) => `${root.name}\n${text_of(root.node)}`).join('\n\n');
}
