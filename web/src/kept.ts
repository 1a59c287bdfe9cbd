// Edits that no server has yet, kept by the browser, so that they survive the closing of the tab (y-indexeddb).
//
// A document is kept only while it holds such edits. What is saved is on the server, and is removed here. Each tab has a
// store of its own, so tabs do not remove what another one still needs; a list in localStorage says which stores there are.
// A tab that is open says so in that list. What a tab leaves behind is taken over by the next one that opens the document.

import { IndexeddbPersistence, clearDocument } from 'y-indexeddb';
import * as Y from 'yjs';

const kListKey = 'syncline.kept';
const kAliveMilliseconds = 15_000;
export const kTellMilliseconds = 5_000;

export interface KeptEntry {
  store: string;
  /** Which document, with the tenant. */
  document: string;
  /** Whose edits are not saved, and from which clock on. */
  client: number;
  clock: number;
  edits: number;
  /** When its tab was seen last; 0: it was closed. */
  alive: number;
}

export function read_list(text: string | null): KeptEntry[] {
  try {
    const list = JSON.parse(text ?? '[]') as unknown;
    if (!Array.isArray(list)) return [];
    return list.filter((entry: Partial<KeptEntry> | null) => typeof entry?.store === 'string' && typeof entry.document === 'string' && typeof entry.client === 'number') as KeptEntry[];
  } catch {
    return [];
  }
}

/** What tabs that are closed have left of the document. */
export function left_behind(list: KeptEntry[], document: string, now: number): KeptEntry[] {
  return list.filter((entry) => entry.document === document && now - (entry.alive || 0) > kAliveMilliseconds);
}

export class KeptEdits {
  private readonly doc_: Y.Doc;
  private readonly document_: string;
  private readonly storage_: Storage | null;
  private readonly store_: string;
  private persistence_: IndexeddbPersistence | null = null;
  private taken_: KeptEntry[] = [];
  private own_: KeptEntry | null = null;
  private timer_: ReturnType<typeof setInterval> | undefined;
  private kept_ = false;

  constructor(doc: Y.Doc, document: string, storage: Storage | null) {
    this.doc_ = doc;
    this.document_ = document;
    this.storage_ = typeof indexedDB === 'undefined' ? null : storage;
    this.store_ = `syncline-kept-${doc.guid}`;
    window.addEventListener('pagehide', this.leave_);
  }

  /** Everything that was written here is in the browser's store. */
  get kept(): boolean {
    return this.kept_;
  }

  /** An update that comes out of a store, and not from whoever writes here. */
  is_from(origin: unknown): boolean {
    return origin === this || (origin !== null && origin === this.persistence_);
  }

  /** Reads what closed tabs have left into the document. */
  async take_over(): Promise<KeptEntry[]> {
    const found = left_behind(this.list_(), this.document_, Date.now());
    this.taken_ = (await Promise.all(found.map((entry) => this.read_(entry)))).filter((entry) => entry !== null);
    return this.taken_;
  }

  /** There are `edits` that are not saved, of this client from `clock` on. */
  async keep(edits: number, clock: number): Promise<void> {
    if (!this.storage_) return;
    const fresh = this.own_ === null;
    this.own_ = { store: this.store_, document: this.document_, client: this.doc_.clientID, clock, edits, alive: Date.now() };
    this.write_([...this.list_().filter((entry) => entry.store !== this.store_), this.own_]);
    if (!fresh) return;
    this.timer_ = setInterval(() => this.tell_(Date.now()), kTellMilliseconds);
    try {
      this.persistence_ = new IndexeddbPersistence(this.store_, this.doc_);
      await this.persistence_.whenSynced;
      this.kept_ = this.own_ !== null;
    } catch {
      this.kept_ = false;
    }
  }

  /** All is saved on the server. */
  async drop(): Promise<void> {
    const gone = this.taken_.map((entry) => entry.store);
    if (this.own_) gone.push(this.store_);
    if (gone.length === 0) return;
    this.write_(this.list_().filter((entry) => !gone.includes(entry.store)));
    const persistence = this.persistence_;
    clearInterval(this.timer_);
    this.taken_ = [];
    this.own_ = this.persistence_ = null;
    this.kept_ = false;
    await persistence?.destroy();
    await Promise.all(gone.map((store) => clearDocument(store).catch(() => undefined)));
  }

  close(): void {
    this.leave_();
    clearInterval(this.timer_);
    window.removeEventListener('pagehide', this.leave_);
    void this.persistence_?.destroy();
  }

  private readonly leave_ = (): void => this.tell_(0);

  private tell_(alive: number): void {
    if (!this.own_) return;
    this.own_ = { ...this.own_, alive };
    this.write_(this.list_().map((entry) => (entry.store === this.store_ ? this.own_! : entry)));
  }

  private async read_(entry: KeptEntry): Promise<KeptEntry | null> {
    try {
      const copy = new Y.Doc();
      const store = new IndexeddbPersistence(entry.store, copy);
      await store.whenSynced;
      Y.applyUpdate(this.doc_, Y.encodeStateAsUpdate(copy), this);
      await store.destroy();
      copy.destroy();
      return entry;
    } catch {
      return null;
    }
  }

  private list_(): KeptEntry[] {
    try {
      return read_list(this.storage_?.getItem(kListKey) ?? null);
    } catch {
      return [];
    }
  }

  private write_(list: KeptEntry[]): void {
    try {
      if (list.length > 0) this.storage_?.setItem(kListKey, JSON.stringify(list));
      else this.storage_?.removeItem(kListKey);
    } catch {
      // Full: the edits are kept in this tab.
    }
  }
}
