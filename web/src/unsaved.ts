// The text that somebody wrote here and that the server has not confirmed. If the server refuses it, the document is loaded
// again without it, and its author gets it back to keep.

import * as Y from 'yjs';

/**
 * Runs of text that `client` inserted from `clock` on and that are still there, in the order of the document. Text of which
 * only the end is newer is cut there.
 */
export function text_since(text: Y.Text, client: number, clock: number): string[] {
  const runs: string[] = [];
  let open = false;
  for (let item = text._start; item !== null; item = item.right) {
    if (item.deleted || !(item.content instanceof Y.ContentString)) continue;
    const newer = item.id.client === client && item.id.clock + item.length > clock;
    if (!newer) {
      open = false;
      continue;
    }
    const skipped = Math.max(0, clock - item.id.clock);
    const words = item.content.str.slice(skipped);
    if (open && skipped === 0) runs[runs.length - 1] += words;
    else runs.push(words);
    open = true;
  }
  return runs;
}

/** Remembers how far the author's clock was after each edit that is not confirmed. */
export class UnsavedText {
  private readonly text_: Y.Text;
  private readonly clocks_: number[] = [];
  private saved_ = 0;

  constructor(text: Y.Text) {
    this.text_ = text;
  }

  edited(): void {
    const doc = this.text_.doc!;
    this.clocks_.push(Y.getState(doc.store, doc.clientID));
  }

  /** Of all edits, the last `unsaved` ones are not confirmed. */
  settle(unsaved: number): void {
    while (this.clocks_.length > unsaved) this.saved_ = this.clocks_.shift()!;
  }

  get runs(): string[] {
    return this.clocks_.length === 0 ? [] : text_since(this.text_, this.text_.doc!.clientID, this.saved_);
  }
}
