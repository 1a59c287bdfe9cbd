// The history panel: a slider over a document's past, its text then with authors in colour, and the way back to it.

import type { Address } from './address.ts';
import { describe_reason } from './describe.ts';
import { author_key, author_name, authors_of, last_time, type Past } from './past.ts';
import { last_position, past_at, restore } from './past_api.ts';

const kSettleMilliseconds = 80;

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function message_of(error: unknown): string {
  return describe_reason(error instanceof Error ? error.message : String(error));
}

export class HistoryPanel {
  private readonly panel_ = element('history-panel');
  private readonly slider_ = element<HTMLInputElement>('history-slider');
  private readonly restore_ = element<HTMLButtonElement>('history-restore');
  private readonly button_ = element<HTMLButtonElement>('history');
  private address_: Address | null = null;
  private read_only_ = false;
  private timer_: ReturnType<typeof setTimeout> | undefined;
  private asked_ = new AbortController();

  constructor() {
    this.button_.addEventListener('click', () => (this.panel_.hidden ? void this.open_() : this.close()));
    element('history-close').addEventListener('click', () => this.close());
    this.slider_.addEventListener('input', () => {
      clearTimeout(this.timer_);
      this.timer_ = setTimeout(() => void this.show_(), kSettleMilliseconds);
    });
    this.restore_.addEventListener('click', () => void this.bring_back_());
    this.panel_.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.close();
    });
  }

  show_address(address: Address): void {
    this.close();
    this.address_ = address;
  }

  /** Whoever may only read sees the past, and brings nothing back. */
  set_read_only(read_only: boolean): void {
    if (read_only === this.read_only_) return;
    this.read_only_ = read_only;
    this.restore_.title = read_only ? 'You may not bring back past states' : '';
    this.allow_restore_();
  }

  close(): void {
    clearTimeout(this.timer_);
    this.asked_.abort();
    this.panel_.hidden = true;
    this.button_.setAttribute('aria-expanded', 'false');
  }

  private async open_(): Promise<void> {
    if (!this.address_) return;
    this.panel_.hidden = false;
    this.panel_.dataset['state'] = 'loading';
    this.button_.setAttribute('aria-expanded', 'true');
    this.say_('Loading…');
    try {
      const last = await last_position(this.address_);
      this.slider_.max = String(last);
      this.slider_.value = String(last);
      this.slider_.disabled = last === 0;
      await this.show_();
      this.slider_.focus();
    } catch (error) {
      this.fail_(error);
    }
  }

  private async show_(): Promise<void> {
    if (!this.address_) return;
    this.asked_.abort();
    const asked = (this.asked_ = new AbortController());
    this.panel_.dataset['state'] = 'loading';
    try {
      const past = await past_at(this.address_, Number(this.slider_.value), asked.signal);
      if (!asked.signal.aborted) this.draw_(past);
    } catch (error) {
      if (!asked.signal.aborted) this.fail_(error);
    }
  }

  private draw_(past: Past): void {
    const authors = authors_of(past.runs);
    const color = new Map(authors.map((author) => [author.key, author.color]));
    const text = element('history-text');
    text.replaceChildren(
      ...past.runs.map((run) => {
        const span = document.createElement('span');
        span.textContent = run.text;
        span.className = 'written';
        span.title = `${author_name(run)}, ${new Date(run.time).toLocaleString()}, change ${run.position}`;
        span.style.setProperty('--peer', color.get(author_key(run))!);
        return span;
      }),
    );
    element('history-authors').replaceChildren(
      ...authors.map((author) => {
        const item = document.createElement('li');
        item.textContent = `${author.name} · ${author.characters}`;
        item.style.setProperty('--peer', author.color);
        return item;
      }),
    );
    const time = last_time(past.runs);
    this.say_(past.position === 0 ? 'Before the first change' : `Change ${past.position}${time ? ` · ${new Date(time).toLocaleString()}` : ''}`);
    this.panel_.dataset['state'] = 'shown';
    this.panel_.dataset['position'] = String(past.position);
    this.allow_restore_();
  }

  private allow_restore_(): void {
    const past = this.panel_.dataset['state'] === 'shown' && Number(this.panel_.dataset['position']) > 0;
    this.restore_.disabled = this.read_only_ || !past || this.slider_.value === this.slider_.max;
  }

  private async bring_back_(): Promise<void> {
    if (!this.address_) return;
    this.restore_.disabled = true;
    try {
      await restore(this.address_, Number(this.slider_.value));
      this.close();
    } catch (error) {
      this.fail_(error);
    }
  }

  private say_(words: string): void {
    element('history-when').textContent = words;
  }

  private fail_(error: unknown): void {
    this.panel_.dataset['state'] = 'failed';
    this.say_(message_of(error));
  }
}
