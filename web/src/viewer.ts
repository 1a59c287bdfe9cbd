// What the editor cannot write, shown to be read: rich text, maps, lists, files and streams. And which of them the open object is.

import type { Address } from './address.ts';
import { has_content, is_plain_text, read_model, roots_of } from './model.ts';
import { draw_root } from './model_dom.ts';
import { draw_file, draw_stream, type OtherKind } from './other.ts';
import { kRootName, type Session } from './session.ts';

/** What of a document the page shows: its text in the editor, or a root of it to be read. */
export interface Shape {
  /** All roots that hold something. */
  roots: string[];
  /** The editor writes the text: it is one, or nothing is there yet. */
  editable: boolean;
}

export function shape_of(session: Pick<Session, 'doc' | 'text'>): Shape {
  const roots = roots_of(session.doc);
  return { roots, editable: is_plain_text(session.text) && (roots.length === 0 || has_content(session.text)) };
}

export class Viewer {
  private readonly place_: HTMLElement;
  private asked_ = new AbortController();

  constructor(place: HTMLElement) {
    this.place_ = place;
  }

  hide(): void {
    this.asked_.abort();
    if (this.place_.hidden) return;
    this.place_.hidden = true;
    this.place_.replaceChildren();
  }

  /** Shows this root of the document as it is now. */
  show_root(session: Session, root: string): void {
    this.place_.hidden = false;
    this.draw_(session, root);
  }

  async show_other(kind: OtherKind, address: Address): Promise<void> {
    this.asked_.abort();
    const asked = (this.asked_ = new AbortController());
    this.place_.hidden = false;
    this.place_.replaceChildren('Loading…');
    try {
      const drawn = await (kind === 'blob' ? draw_file : draw_stream)(address, asked.signal);
      if (!asked.signal.aborted) this.place_.replaceChildren(drawn);
    } catch (error) {
      if (!asked.signal.aborted) this.place_.replaceChildren(error instanceof Error ? error.message : String(error));
    }
  }

  private draw_(session: Session, name: string): void {
    const model = read_model(session.doc);
    const root = model.roots.find((each) => each.name === name);
    const at = this.place_.scrollTop;
    this.place_.replaceChildren(...(root ? [draw_root(root, false)] : []));
    if (model.cut) {
      const cut = document.createElement('p');
      cut.className = 'view-cut';
      cut.textContent = 'The document is larger than what is shown here.';
      this.place_.append(cut);
    }
    this.place_.scrollTop = at;
  }
}

/** The buttons to choose a root with, if there are several. */
export function draw_roots(place: HTMLElement, roots: readonly string[], shown: string, choose: (root: string) => void): void {
  place.hidden = roots.length < 2;
  const key = JSON.stringify([roots, shown]);
  if (place.dataset['shown'] === key) return;
  place.dataset['shown'] = key;
  place.replaceChildren(
    ...roots.map((root) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.className = 'root';
      button.dataset['testid'] = 'root';
      button.textContent = root || 'unnamed';
      button.setAttribute('aria-pressed', String(root === shown));
      button.addEventListener('click', () => choose(root));
      return button;
    }),
  );
}

/** The root that is shown first: the text that the page writes, or the first one. */
export function first_root(shape: Shape): string {
  return shape.roots.includes(kRootName) || shape.roots.length === 0 ? kRootName : shape.roots[0]!;
}
