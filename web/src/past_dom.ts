// Draws the list of sessions and the words that differ.

import type { Pin, Timeline, WorkSession } from './timeline.ts';
import { count_words, when_words } from './words.ts';
import type { Part } from './word_diff.ts';

export interface ListActions {
  open(session: WorkSession): void;
  go(pin: Pin): void;
  /** Null: nobody may. */
  remove: ((pin: Pin) => void) | null;
  earlier(): void;
}

const kMostRows = 500;

function make(tag: string, name = '', text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

function button(name: string, text: string, act: () => void): HTMLButtonElement {
  const made = make('button', name, text) as HTMLButtonElement;
  made.type = 'button';
  made.addEventListener('click', act);
  return made;
}

type Row = { at: number; draw: () => HTMLElement };

/** Sessions and names of versions, the newest first; then from where on the history is kept. */
export function draw_sessions(timeline: Timeline, pins: readonly Pin[], now: number, actions: ListActions): HTMLElement[] {
  const kept = timeline.kept_from;
  const rows: Row[] = timeline.sessions.map((session) => ({ at: session.last, draw: () => draw_session(session, now, session.last < kept ? null : actions) }));
  const first = timeline.position_of(0) + 1;
  for (const pin of pins) if (pin.position >= first && timeline.count > 0) rows.push({ at: pin.position + 0.5, draw: () => draw_pin(pin, actions) });
  if (kept > first) rows.push({ at: kept - 0.5, draw: () => make('li', 'past-kept', 'Kept from here on. What was before, retention has dropped: only who changed it, and when, is left.') });
  rows.sort((a, b) => b.at - a.at);
  const drawn = rows.slice(0, kMostRows).map((row) => row.draw());
  for (const row of drawn) if (row.classList.contains('past-kept')) row.dataset['testid'] = 'history-kept';
  if (timeline.next !== null || rows.length > kMostRows) drawn.push(draw_more(timeline, actions));
  return drawn;
}

function draw_more(timeline: Timeline, actions: ListActions): HTMLElement {
  const item = make('li', 'past-more');
  if (timeline.next === null) item.textContent = 'Earlier sessions are reached with the slider.';
  else item.append(button('link', 'Show earlier changes', actions.earlier));
  return item;
}

function amount_words({ changes, inserted, deleted }: WorkSession): string {
  const parts = [count_words(changes, 'change')];
  if (inserted > 0) parts.push(`+${inserted.toLocaleString('en')}`);
  if (deleted > 0) parts.push(`−${deleted.toLocaleString('en')}`);
  return parts.join(' · ');
}

function draw_session(session: WorkSession, now: number, actions: ListActions | null): HTMLElement {
  const item = make('li');
  const row = actions ? button('past-session', '', () => actions.open(session)) : make('div', 'past-session is-dropped');
  row.dataset['testid'] = 'history-session';
  row.dataset['last'] = String(session.last);
  row.style.setProperty('--peer', session.color);
  const words = make('span', 'past-session-words');
  words.append(make('span', 'past-session-who', session.author), make('span', 'past-session-when', when_words(session.ended, now)), make('span', 'past-session-much', amount_words(session)));
  row.title = new Date(session.began).toLocaleString() + ' – ' + new Date(session.ended).toLocaleTimeString();
  row.append(make('span', 'past-dot'), words);
  item.append(row);
  return item;
}

function draw_pin(pin: Pin, actions: ListActions): HTMLElement {
  const item = make('li', 'past-pin');
  const go = button('past-pin-name', pin.name, () => actions.go(pin));
  go.dataset['testid'] = 'history-pin';
  item.append(go);
  if (actions.remove) {
    const remove = button('link', 'Remove', () => actions.remove!(pin));
    remove.setAttribute('aria-label', `Remove the name ${pin.name}`);
    remove.dataset['testid'] = 'history-pin-remove';
    item.append(remove);
  }
  return item;
}

const kBlock = 2000;

/**
 * A text, with what was added to it and removed. Screen readers say both. It is drawn in blocks of some lines, because a
 * browser lays out only those that are seen.
 */
export function draw_parts(parts: readonly Part[]): HTMLElement[] {
  const blocks: HTMLElement[] = [];
  let size = kBlock;
  const add = (node: Node, length: number) => {
    if (size >= kBlock) {
      blocks.push(make('div', 'past-block'));
      size = 0;
    }
    blocks[blocks.length - 1]!.append(node);
    size += length;
  };
  for (const part of parts) {
    if (part.kind !== 'same') {
      const words = make(part.kind === 'added' ? 'ins' : 'del', '', part.text);
      // A block ends at the end of a line only.
      size = Math.min(size, blocks.length === 0 ? kBlock : kBlock - 1);
      add(words, part.text.length);
      continue;
    }
    for (const [index, piece] of pieces_of(part.text).entries()) {
      if (index === 0 && blocks.length > 0) size = Math.min(size, kBlock - 1);
      else size = kBlock;
      add(document.createTextNode(piece), piece.length);
    }
  }
  return blocks;
}

/** Cut after ends of lines, where a piece is long. Together they are the text. */
export function pieces_of(text: string): string[] {
  const pieces: string[] = [];
  let begin = 0;
  while (text.length - begin > kBlock) {
    const end = text.indexOf('\n', begin + kBlock);
    if (end < 0) break;
    pieces.push(text.slice(begin, end + 1));
    begin = end + 1;
  }
  if (begin < text.length) pieces.push(text.slice(begin));
  return pieces;
}
