// Names and colours. Whatever another client announces about itself is hostile until it has been through `read_person`.

export interface Person {
  id: number;
  name: string;
  color: string;
}

const kNameLimit = 40;
const kNameKey = 'syncline.name';
// Dark enough for white letters (4.5:1) and bright enough to be told apart on a dark page.
export const kColors = ['#b4472e', '#1f6fb2', '#7a4fb5', '#2b7d4f', '#b03a76', '#96650b', '#0f7a83', '#5a63c4'];
const kUnknownColor = '#6b7280';

const kFirst = ['Amber', 'Basalt', 'Chalk', 'Cobalt', 'Flint', 'Granite', 'Jade', 'Marble', 'Ochre', 'Quartz', 'Slate', 'Umber'];
const kSecond = ['Badger', 'Crane', 'Falcon', 'Finch', 'Heron', 'Ibex', 'Lynx', 'Marten', 'Otter', 'Plover', 'Stoat', 'Wren'];

/** One line, no control or direction-changing characters, at most 40 code points. */
export function clean_name(text: unknown): string {
  if (typeof text !== 'string') return '';
  const visible = text.slice(0, 400).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').replace(/\s+/g, ' ').trim();
  return [...visible].slice(0, kNameLimit).join('').trim();
}

export function read_person(id: number, state: unknown): Person {
  const user = (state as { user?: { name?: unknown; color?: unknown } } | null)?.user;
  const color = typeof user?.color === 'string' && /^#[0-9a-f]{6}$/i.test(user.color) ? user.color : kUnknownColor;
  return { id, name: clean_name(user?.name) || 'Anonymous', color };
}

export function initials(name: string): string {
  const words = name.split(' ').filter(Boolean);
  const first = [...(words[0] ?? '?')][0]!;
  const last = words.length > 1 ? [...words[words.length - 1]!][0]! : '';
  return (first + last).toUpperCase();
}

/** Own colour, or the first free one when somebody with a smaller id already has it: both sides reach the same answer. */
export function pick_color(id: number, others: Person[]): string {
  const own = kColors[id % kColors.length]!;
  if (!others.some((other) => other.color === own && other.id < id)) return own;
  return kColors.find((color) => !others.some((other) => other.color === color)) ?? own;
}

export function random_name(random: () => number): string {
  const pick = (words: string[]) => words[Math.floor(random() * words.length)]!;
  return `${pick(kFirst)} ${pick(kSecond)}`;
}

// Storage may be switched off; then a name lasts as long as the tab.
export function load_name(storage: Storage | null): string {
  try {
    const stored = clean_name(storage?.getItem(kNameKey));
    if (stored) return stored;
  } catch {
    return random_name(Math.random);
  }
  const name = random_name(Math.random);
  save_name(storage, name);
  return name;
}

export function save_name(storage: Storage | null, name: string): void {
  try {
    storage?.setItem(kNameKey, name);
  } catch {
    // Full or forbidden: the name still holds for this tab.
  }
}
