// Names. Whatever another client announces about itself is hostile until it has been through `read_person`.

import { color_of } from './color.ts';

export interface Person {
  /** Of the client, which a person may have several of. */
  id: number;
  name: string;
  color: string;
  /** The server says who it is. Without that, the name is what somebody called himself. */
  verified: boolean;
  /** The id of the principal, as far as it is known; only if `verified`, the server vouches for it. */
  principal: string;
}

const kNameLimit = 40;
const kIdLimit = 256;
const kNameKey = 'syncline.name';

const kFirst = ['Amber', 'Basalt', 'Chalk', 'Cobalt', 'Flint', 'Granite', 'Jade', 'Marble', 'Ochre', 'Quartz', 'Slate', 'Umber'];
const kSecond = ['Badger', 'Crane', 'Falcon', 'Finch', 'Heron', 'Ibex', 'Lynx', 'Marten', 'Otter', 'Plover', 'Stoat', 'Wren'];

/** One line, no control or direction-changing characters, at most 40 code points. */
export function clean_name(text: unknown): string {
  if (typeof text !== 'string') return '';
  const visible = text.slice(0, 400).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').replace(/\s+/g, ' ').trim();
  return [...visible].slice(0, kNameLimit).join('').trim();
}

/** For color_of(): the id of somebody who is known, else his name. Many may share an id that no token vouches for. */
export function color_key(principal: unknown, name: string, verified: unknown = true): string {
  return typeof principal === 'string' && principal !== '' && verified !== false ? principal : name;
}

/** '' for what is no id, or could not be shown as it is. */
function read_id(id: unknown): string {
  return typeof id === 'string' && id.length <= kIdLimit && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(id) ? id : '';
}

export function read_person(id: number, state: unknown): Person {
  const user = (state as { user?: { name?: unknown; id?: unknown; verified?: unknown } } | null)?.user;
  const name = clean_name(user?.name) || 'Anonymous';
  const verified = user?.verified === true;
  const principal = read_id(user?.id);
  return { id, name, color: color_of(color_key(user?.id, name, user?.verified)), verified, principal };
}

/** "Ada" as she is shown: somebody whom no token vouches for is marked. */
export function title_of(person: Person): string {
  return person.verified ? person.name : `${person.name} (not verified)`;
}

export function initials(name: string): string {
  const words = name.split(' ').filter(Boolean);
  const first = [...(words[0] ?? '?')][0]!;
  const last = words.length > 1 ? [...words[words.length - 1]!][0]! : '';
  return (first + last).toUpperCase();
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
