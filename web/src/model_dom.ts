// Draws a tree (model.ts) to be read: rich text as its editor would, maps and lists as tables that fold.
//
// Nothing of a document becomes HTML: every text is a text node, and addresses are only those of the web and of mail.

import type { Marks, Model, Node, Root } from './model.ts';

type Element_ = Extract<Node, { kind: 'element' }>;

// Names of nodes in TipTap, ProseMirror, BlockNote and Lexical, and what they are in HTML.
const kTags: Record<string, string> = {
  paragraph: 'p', blockquote: 'blockquote', quote: 'blockquote',
  bulletList: 'ul', bullet_list: 'ul', orderedList: 'ol', ordered_list: 'ol', taskList: 'ul', listItem: 'li', list_item: 'li', listitem: 'li', taskItem: 'li',
  codeBlock: 'pre', code_block: 'pre', horizontalRule: 'hr', horizontal_rule: 'hr', horizontalrule: 'hr', divider: 'hr',
  hardBreak: 'br', hard_break: 'br', linebreak: 'br', blockGroup: 'div', blockContainer: 'div', tableParagraph: 'p',
  table: 'table', tableRow: 'tr', table_row: 'tr', tableCell: 'td', table_cell: 'td', tableHeader: 'th', table_header: 'th',
  bulletListItem: 'p', numberedListItem: 'p', checkListItem: 'p',
};

const kMarkTags: Record<string, string> = {
  bold: 'strong', strong: 'strong', italic: 'em', em: 'em', underline: 'u', strike: 's', strikethrough: 's', code: 'code', subscript: 'sub', superscript: 'sup',
};

// The bits of a Lexical text.
const kLexicalMarks = ['bold', 'italic', 'strike', 'underline', 'code', 'subscript', 'superscript'];

const kMostShown = 200;

function make(tag: string, name = '', text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

export function draw_model(model: Model): HTMLElement[] {
  const drawn = model.roots.map((root) => draw_root(root, model.roots.length > 1));
  if (model.cut) drawn.push(make('p', 'view-cut', 'The document is larger than what is shown here.'));
  return drawn;
}

export function draw_root(root: Root, titled: boolean): HTMLElement {
  const section = make('section', `view-root view-${root.kind}`);
  section.dataset['testid'] = 'view-root';
  section.dataset['root'] = root.name;
  section.dataset['kind'] = root.kind;
  if (titled) section.append(make('h2', 'view-name', root.name));
  section.append(root.kind === 'text' ? make('div', 'view-plain', plain(root.node)) : draw(root.node));
  return section;
}

function plain(node: Node): string {
  return node.kind === 'element' ? node.children.map((child) => (child.kind === 'text' ? child.text : '')).join('') : '';
}

function draw(node: Node): HTMLElement | Text {
  switch (node.kind) {
    case 'text':
      return draw_text(node.text, node.marks);
    case 'embed':
      return draw_embed(node.value);
    case 'unknown':
      return make('span', 'view-chip', node.what);
    case 'value':
      return draw_value(node.value);
    case 'list':
      return draw_list(node.items);
    case 'map':
      return draw_map(node.entries);
    case 'element':
      return draw_element(node);
  }
}

// ---- rich text

function attribute(node: Element_, ...names: string[]): unknown {
  for (const name of names) {
    const found = node.attributes[name];
    if (found?.kind === 'value') return found.value;
  }
  return undefined;
}

function tag_of(node: Element_): string {
  if (node.name === 'heading') {
    const said = attribute(node, 'level', '__tag');
    const level = Number(typeof said === 'string' ? said.replace(/^h/u, '') : said);
    return `h${level >= 1 && level <= 6 ? Math.floor(level) : 1}`;
  }
  if (node.name === 'list') return attribute(node, '__listType') === 'number' ? 'ol' : 'ul';
  if (node.name === 'code') return 'pre';
  return kTags[node.name] ?? '';
}

function draw_element(node: Element_): HTMLElement {
  if (node.name === 'image') return draw_image(attribute(node, 'src', 'url'), attribute(node, 'alt', 'name', 'caption'));
  if (node.name === 'link' || node.name === 'autolink') return draw_link(attribute(node, '__url', 'href'), draw_children(node));
  if (node.name === '' && is_lines(node)) return draw_lines(node);
  const tag = tag_of(node);
  if (tag === 'hr' || tag === 'br') return make(tag);
  if (!tag) return draw_unknown(node);
  const made = make(tag, node.name.endsWith('ListItem') || node.name === 'blockContainer' || node.name === 'blockGroup' ? `view-${node.name}` : '');
  const checked = attribute(node, 'checked', '__checked');
  if (checked !== undefined && (node.name === 'taskItem' || node.name === 'checkListItem' || node.name === 'listitem')) made.append(tick(checked === true || checked === 'true'));
  if (tag === 'td' || tag === 'th') span(made as HTMLTableCellElement, node);
  made.append(...draw_children(node));
  if (tag === 'table') return scrolled(made);
  return made;
}

function scrolled(table: HTMLElement): HTMLElement {
  const box = make('div', 'view-scroll');
  box.tabIndex = 0;
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', 'Table');
  box.append(table);
  return box;
}

function tick(checked: boolean): HTMLElement {
  const box = make('span', 'view-tick', checked ? '☑' : '☐');
  box.setAttribute('role', 'img');
  box.setAttribute('aria-label', checked ? 'done' : 'open');
  return box;
}

function span(cell: HTMLTableCellElement, node: Element_): void {
  for (const [name, set] of [['colspan', 'colSpan'], ['rowspan', 'rowSpan']] as const) {
    const wide = Number(attribute(node, name));
    if (wide > 1 && wide <= 1000) cell[set] = Math.floor(wide);
  }
}

// A node that this page does not know says its name, and shows what it holds.
function draw_unknown(node: Element_): HTMLElement {
  const made = make('div', node.name ? 'view-unknown' : '');
  if (node.name) made.append(make('span', 'view-label', node.name));
  const own = Object.entries(node.attributes).filter(([key]) => key !== '__type');
  if (own.length > 0 && (node.name !== '' || node.children.length > 0)) made.append(draw_map(Object.fromEntries(own)));
  made.append(...draw_children(node));
  return made;
}

function draw_children(node: Element_): (HTMLElement | Text)[] {
  const drawn: (HTMLElement | Text)[] = [];
  let lexical: Marks | null = null;
  for (const child of node.children) {
    // Lexical: a map before the characters of a text has their format.
    if (child.kind === 'map' && child.entries['__type']) {
      lexical = lexical_marks(child.entries);
      if (!lexical) drawn.push(make('br'));
      continue;
    }
    // The characters of an element are in a text of their own.
    if (child.kind === 'element' && child.name === '' && Object.keys(child.attributes).length === 0) {
      drawn.push(...draw_children(child));
      continue;
    }
    drawn.push(child.kind === 'text' && lexical ? draw_text(child.text, { ...child.marks, ...lexical }) : draw(child));
  }
  return drawn;
}

function lexical_marks(entries: Record<string, Node>): Marks | null {
  const type = entries['__type'];
  if (type?.kind === 'value' && type.value === 'linebreak') return null;
  const format = entries['__format'];
  const bits = format?.kind === 'value' ? Number(format.value) : 0;
  return Object.fromEntries(kLexicalMarks.filter((_, bit) => bits & (1 << bit)).map((name) => [name, true]));
}

function draw_text(text: string, marks: Marks): HTMLElement | Text {
  let drawn: HTMLElement | Text = document.createTextNode(text);
  for (const [name, value] of Object.entries(marks)) {
    if (value === null || value === false) continue;
    const mark = name.replace(/--.*$/u, '');
    if (mark === 'link') {
      drawn = draw_link(typeof value === 'object' ? (value as { href?: unknown }).href : value, [drawn]);
    } else if (kMarkTags[mark]) {
      const wrapped = make(kMarkTags[mark]);
      wrapped.append(drawn);
      drawn = wrapped;
    }
  }
  return drawn;
}

function safe_address(address: unknown): string {
  return typeof address === 'string' && /^(https?:|mailto:)/iu.test(address.trim()) ? address.trim() : '';
}

function draw_link(address: unknown, inside: (HTMLElement | Text)[]): HTMLElement {
  const href = safe_address(address);
  const link = make(href ? 'a' : 'span') as HTMLAnchorElement;
  if (href) {
    link.href = href;
    link.rel = 'noopener noreferrer';
    link.target = '_blank';
  }
  link.append(...inside);
  return link;
}

// The page loads nothing from elsewhere, so a picture of elsewhere is a link to it.
function draw_image(address: unknown, words: unknown): HTMLElement {
  const chip = make('span', 'view-chip');
  const said = typeof words === 'string' && words ? words : typeof address === 'string' && !address.startsWith('data:') ? address.slice(0, 80) : '';
  chip.append('Image', said ? ': ' : '', draw_link(address, [document.createTextNode(said)]));
  return chip;
}

function draw_embed(value: unknown): HTMLElement {
  const image = (value as { image?: unknown } | null)?.image;
  if (typeof image === 'string') return draw_image(image, '');
  return make('span', 'view-chip', JSON.stringify(value)?.slice(0, 200) ?? '');
}

// A text with formats, as Quill keeps it: the newline of a line has the formats of the line.
function is_lines(node: Element_): boolean {
  return node.children.length > 0 && Object.keys(node.attributes).length === 0 && node.children.every((child) => child.kind === 'text' || child.kind === 'embed');
}

function draw_lines(node: Element_): HTMLElement {
  const block = make('div');
  let line: (HTMLElement | Text)[] = [];
  for (const child of node.children) {
    if (child.kind !== 'text') {
      line.push(draw(child));
      continue;
    }
    const parts = child.text.split('\n');
    parts.forEach((part, index) => {
      if (part) line.push(draw_text(part, child.marks));
      if (index === parts.length - 1) return;
      block.append(draw_line(line, child.marks));
      line = [];
    });
  }
  if (line.length > 0) block.append(draw_line(line, {}));
  return block;
}

function draw_line(line: (HTMLElement | Text)[], marks: Marks): HTMLElement {
  const header = Number(marks['header']);
  const list = marks['list'];
  const tag = header >= 1 && header <= 6 ? `h${header}` : marks['blockquote'] ? 'blockquote' : marks['code-block'] ? 'pre' : 'p';
  const made = make(tag, list === 'ordered' ? 'view-numberedListItem' : list ? 'view-bulletListItem' : '');
  if (list === 'checked' || list === 'unchecked') made.append(tick(list === 'checked'));
  made.append(...line);
  return made;
}

// ---- data

function draw_value(value: unknown): HTMLElement {
  if (Array.isArray(value)) return draw_list(value.map(as_node));
  if (value !== null && typeof value === 'object') return draw_map(Object.fromEntries(Object.entries(value).map(([key, each]) => [key, as_node(each)])));
  const kind = value === null || value === undefined ? 'none' : typeof value;
  return make('span', `view-value view-${kind}`, typeof value === 'string' ? value : String(value));
}

function as_node(value: unknown): Node {
  return { kind: 'value', value };
}

function draw_map(entries: Record<string, Node>): HTMLElement {
  const names = Object.keys(entries);
  if (names.length === 0) return make('span', 'view-value view-none', 'empty');
  const table = make('dl', 'view-map');
  for (const name of names.slice(0, kMostShown)) {
    const value = make('dd');
    value.append(draw(entries[name]!));
    table.append(make('dt', '', name), value);
  }
  if (names.length > kMostShown) {
    const more = make('dd', 'view-cut', `and ${names.length - kMostShown} more`);
    table.append(make('dt', '', '…'), more);
  }
  return table;
}

function columns_of(items: Node[]): string[] {
  const columns = new Set<string>();
  for (const item of items) {
    const keys = item.kind === 'map' ? Object.keys(item.entries) : is_record(item) ? Object.keys(item.value as object) : null;
    if (!keys) return [];
    keys.forEach((key) => columns.add(key));
  }
  return columns.size <= 12 ? [...columns] : [];
}

function is_record(node: Node): node is { kind: 'value'; value: Record<string, unknown> } {
  return node.kind === 'value' && node.value !== null && typeof node.value === 'object' && !Array.isArray(node.value);
}

function draw_list(items: Node[]): HTMLElement {
  if (items.length === 0) return make('span', 'view-value view-none', 'empty');
  const shown = items.slice(0, kMostShown);
  const columns = items.length > 1 ? columns_of(shown) : [];
  const drawn = columns.length > 0 ? draw_rows(shown, columns) : draw_items(shown);
  if (items.length === shown.length) return drawn;
  const box = make('div');
  box.append(drawn, make('p', 'view-cut', `and ${items.length - shown.length} more`));
  return box;
}

function draw_items(items: Node[]): HTMLElement {
  const list = make('ol', 'view-list');
  for (const item of items) {
    const row = make('li');
    row.append(draw(item));
    list.append(row);
  }
  return list;
}

// Objects with the same members are a table.
function draw_rows(items: Node[], columns: string[]): HTMLElement {
  const table = make('table', 'view-table');
  const head = make('tr');
  head.append(...columns.map((column) => {
    const cell = make('th', '', column);
    cell.setAttribute('scope', 'col');
    return cell;
  }));
  const body = make('tbody');
  for (const item of items) {
    const row = make('tr');
    for (const column of columns) {
      const cell = make('td');
      const value = item.kind === 'map' ? item.entries[column] : is_record(item) ? as_node(item.value[column]) : undefined;
      if (value && !(value.kind === 'value' && value.value === undefined)) cell.append(draw(value));
      row.append(cell);
    }
    body.append(row);
  }
  const top = make('thead');
  top.append(head);
  table.append(top, body);
  return scrolled(table);
}
