// Shows where the others are, and tells them where this editor is.
//
// The binding of y-codemirror.next has a plugin for this. This one differs in what a shared server needs: a peer's words never
// become a style sheet, a malformed cursor is skipped instead of stopping the plugin, and a changed name shows at once.
// The awareness fields are the same (`user`, `cursor`), so clients with either see each other.

import { RangeSet, StateEffect, type Range } from '@codemirror/state';
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { read_person, type Person } from './people.ts';

const kLabelMilliseconds = 2500;

const refresh = StateEffect.define<null>();

class Caret extends WidgetType {
  constructor(
    private readonly person_: Person,
    private readonly labelled_: boolean,
  ) {
    super();
  }

  override eq(other: Caret): boolean {
    const same = other.person_.name === this.person_.name && other.person_.color === this.person_.color;
    return same && other.labelled_ === this.labelled_;
  }

  toDOM(): HTMLElement {
    const caret = document.createElement('span');
    caret.className = 'peer-caret';
    caret.dataset['testid'] = 'peer-caret';
    caret.setAttribute('aria-hidden', 'true');
    this.paint_(caret);
    return caret;
  }

  override updateDOM(dom: HTMLElement): boolean {
    this.paint_(dom);
    return true;
  }

  override ignoreEvent(): boolean {
    return true;
  }

  // The name is drawn by the style sheet from an attribute, so that it is no part of the text that one reads or copies.
  private paint_(dom: HTMLElement): void {
    dom.dataset['name'] = this.person_.name;
    dom.style.setProperty('--peer', this.person_.color);
    dom.classList.toggle('labelled', this.labelled_);
  }
}

function position_of(json: unknown, text: Y.Text): number | null {
  try {
    const relative = Y.createRelativePositionFromJSON(json);
    const found = Y.createAbsolutePositionFromRelativePosition(relative, text.doc!);
    return found && found.type === text ? found.index : null;
  } catch {
    return null;
  }
}

class Cursors {
  decorations: DecorationSet = RangeSet.empty;
  private readonly moved_ = new Map<number, { at: string; until: number }>();
  private timer_: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly view_: EditorView,
    private readonly text_: Y.Text,
    private readonly awareness_: Awareness,
  ) {
    awareness_.on('change', this.on_awareness_);
    this.decorations = this.draw_(view_);
  }

  update(update: ViewUpdate): void {
    if (update.selectionSet || update.docChanged || update.focusChanged) this.publish_(update.view);
    const refreshed = update.transactions.some((tr) => tr.effects.some((effect) => effect.is(refresh)));
    if (update.docChanged || refreshed) this.decorations = this.draw_(update.view);
  }

  destroy(): void {
    clearTimeout(this.timer_);
    this.awareness_.off('change', this.on_awareness_);
  }

  private readonly on_awareness_ = (changes: { added: number[]; updated: number[]; removed: number[] }): void => {
    const ids = [...changes.added, ...changes.updated, ...changes.removed];
    changes.removed.forEach((id) => this.moved_.delete(id));
    if (ids.some((id) => id !== this.awareness_.clientID)) this.refresh_();
  };

  // Awareness also changes while the view is applying an update, when it takes no further transaction.
  private refresh_(): void {
    queueMicrotask(() => {
      if (this.view_.dom.isConnected) this.view_.dispatch({ effects: refresh.of(null) });
    });
  }

  private publish_(view: EditorView): void {
    if (!view.hasFocus) return;
    const { anchor, head } = view.state.selection.main;
    const cursor = {
      anchor: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text_, anchor)),
      head: Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.text_, head)),
    };
    const before: unknown = this.awareness_.getLocalState()?.['cursor'];
    if (JSON.stringify(before) !== JSON.stringify(cursor)) this.awareness_.setLocalStateField('cursor', cursor);
  }

  private draw_(view: EditorView): DecorationSet {
    const length = view.state.doc.length;
    const ranges: Range<Decoration>[] = [];
    for (const [id, state] of this.awareness_.getStates()) {
      const cursor = state['cursor'] as { anchor?: unknown; head?: unknown } | null | undefined;
      if (id === this.awareness_.clientID || !cursor?.anchor || !cursor.head) continue;
      const anchor = position_of(cursor.anchor, this.text_);
      const head = position_of(cursor.head, this.text_);
      if (anchor === null || head === null || anchor > length || head > length) continue;
      const person = read_person(id, state);
      if (anchor !== head) ranges.push(selection(person, anchor, head));
      const caret = new Caret(person, this.is_fresh_(id, JSON.stringify(cursor)));
      ranges.push(Decoration.widget({ side: head > anchor ? -1 : 1, widget: caret }).range(head));
    }
    return Decoration.set(ranges, true);
  }

  // A name is worth showing while its owner moves, and is in the way of reading when they rest.
  private is_fresh_(id: number, at: string): boolean {
    const now = Date.now();
    const known = this.moved_.get(id);
    if (known?.at === at) return known.until > now;
    this.moved_.set(id, { at, until: now + kLabelMilliseconds });
    clearTimeout(this.timer_);
    this.timer_ = setTimeout(() => this.refresh_(), kLabelMilliseconds + 50);
    return true;
  }
}

function selection(person: Person, anchor: number, head: number): Range<Decoration> {
  const attributes = { class: 'peer-selection', style: `--peer: ${person.color}` };
  return Decoration.mark({ attributes }).range(Math.min(anchor, head), Math.max(anchor, head));
}

export function cursors(text: Y.Text, awareness: Awareness) {
  return ViewPlugin.define((view) => new Cursors(view, text, awareness), { decorations: (plugin) => plugin.decorations });
}
