// The history of one object as the server tells it, page by page, the newest first: its changes in order, and its sessions.

import { color_of } from './color.ts';
import { author_key, author_name, type Run } from './past.ts';

type Maker = Pick<Run, 'principal' | 'actor' | 'name' | 'verified'>;

export interface SessionEntry extends Maker {
  first: number;
  last: number;
  began: string;
  ended: string;
  changes: number;
  inserted: number;
  deleted: number;
}

export interface HistoryPage {
  kept_from: number;
  runs: [number, number][];
  sessions: SessionEntry[];
  next: number | null;
}

export interface WorkSession {
  key: string;
  author: string;
  color: string;
  first: number;
  last: number;
  began: number;
  ended: number;
  changes: number;
  inserted: number;
  deleted: number;
}

export interface Pin {
  name: string;
  position: number;
}

export const kPauseMilliseconds = 600_000;

function work_of(entry: SessionEntry): WorkSession {
  const maker = { text: '', position: 0, time: '', ...entry };
  const key = author_key(maker);
  const { first, last, changes, inserted, deleted } = entry;
  return { key, author: author_name(maker), color: color_of(key), first, last, began: Date.parse(entry.began), ended: Date.parse(entry.ended), changes, inserted, deleted };
}

/** One author has a connection for each device and each page of the history: what he did without a pause is one session. */
export function join_sessions(entries: readonly WorkSession[]): WorkSession[] {
  const open = new Map<string, WorkSession>();
  const joined: WorkSession[] = [];
  for (const entry of [...entries].sort((a, b) => a.began - b.began || a.first - b.first)) {
    const before = open.get(entry.key);
    if (before && entry.began - before.ended <= kPauseMilliseconds) {
      before.first = Math.min(before.first, entry.first);
      before.last = Math.max(before.last, entry.last);
      before.ended = Math.max(before.ended, entry.ended);
      before.changes += entry.changes;
      before.inserted += entry.inserted;
      before.deleted += entry.deleted;
      continue;
    }
    const own = { ...entry };
    open.set(entry.key, own);
    joined.push(own);
  }
  return joined.sort((a, b) => b.last - a.last);
}

export class Timeline {
  // Ascending: where a run of changes begins, and how many changes there are before it.
  private firsts_: number[] = [];
  private before_: number[] = [];
  private count_ = 0;
  private entries_: WorkSession[] = [];
  private sessions_: WorkSession[] | null = null;
  kept_from = 0;
  /** Where the next page begins; null: nothing is earlier. */
  next: number | null = null;

  add(page: HistoryPage): void {
    this.kept_from = page.kept_from;
    this.next = page.next;
    const added = page.runs.reduce((sum, [, count]) => sum + count, 0);
    let before = 0;
    const befores = page.runs.map(([, count]) => {
      before += count;
      return before - count;
    });
    this.firsts_ = [...page.runs.map(([first]) => first), ...this.firsts_];
    this.before_ = [...befores, ...this.before_.map((each) => each + added)];
    this.count_ += added;
    this.entries_.push(...page.sessions.map(work_of));
    this.sessions_ = null;
  }

  /** How many changes are known. */
  get count(): number {
    return this.count_;
  }

  get sessions(): WorkSession[] {
    return (this.sessions_ ??= join_sessions(this.entries_));
  }

  /** The first step that can be shown: what retention has dropped cannot. */
  get first_step(): number {
    return this.kept_from === 0 ? 0 : this.step_of(this.kept_from);
  }

  /** Of the change with that number, counted from 1; of 0, before the first one that is known. */
  position_of(step: number): number {
    if (this.count_ === 0) return 0;
    if (step <= 0) return this.firsts_[0]! - 1;
    const at = Math.min(step, this.count_) - 1;
    let [low, high] = [0, this.before_.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.before_[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return this.firsts_[low]! + at - this.before_[low]!;
  }

  /** How many of the changes have a position up to this one. */
  step_of(position: number): number {
    let [low, high] = [0, this.firsts_.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.firsts_[middle]! <= position) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return 0;
    const index = low - 1;
    const next = index + 1 < this.before_.length ? this.before_[index + 1]! : this.count_;
    return Math.min(this.before_[index]! + position - this.firsts_[index]! + 1, next);
  }

  /** Whoever worked at the time of this change; the newest of those who did. */
  session_at(position: number): WorkSession | null {
    return this.sessions.find((session) => session.first <= position && position <= session.last) ?? null;
  }
}
