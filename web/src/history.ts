// The history of the open object: its sessions in a list, a slider over its changes, what it was then, what differs between
// two moments, names for moments, and the way back to one.
//
// Each step asks the server for one state. At most one question is under way; while somebody drags, only the last moment that
// he passed is asked for. States that were shown are kept for a while.

import type { Address } from './address.ts';
import { describe_reason } from './describe.ts';
import { draw_model } from './model_dom.ts';
import { author_key, author_name, authors_of, type Past } from './past.ts';
import { authors_at, history_page, last_position, moment_at, pins_of, remove_pin, restore, set_pin, type Form, type Moment } from './past_api.ts';
import { draw_parts, draw_sessions, type ListActions } from './past_dom.ts';
import { Timeline, type Pin, type WorkSession } from './timeline.ts';
import { show_toast } from './toast.ts';
import { when_words } from './words.ts';
import { word_diff } from './word_diff.ts';

const kMostKept = 64;
// So many changes are looked up by themselves; earlier ones when they are asked for.
const kMostChanges = 200_000;

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
  private readonly who_ = element<HTMLInputElement>('history-who');
  private readonly form_: () => Form;
  private address_: Address | null = null;
  private read_only_ = false;
  private opened_ = 0;
  private timeline_ = new Timeline();
  private pins_: Pin[] = [];
  private step_ = 0;
  private base_: number | null = null;
  private readonly moments_ = new Map<string, Promise<Moment>>();
  private asking_ = false;
  private wanted_ = false;

  /** `form`: how the object that is open is read. */
  constructor(form: () => Form) {
    this.form_ = form;
    this.button_.addEventListener('click', () => (this.panel_.hidden ? void this.open_() : this.close()));
    element('history-close').addEventListener('click', () => this.close());
    this.slider_.addEventListener('input', () => this.go_(Number(this.slider_.value)));
    element('history-earlier').addEventListener('click', () => this.go_(this.step_ - 1));
    element('history-later').addEventListener('click', () => this.go_(this.step_ + 1));
    element('history-compare').addEventListener('click', () => this.compare_(this.step_));
    element('history-compare-now').addEventListener('click', () => this.compare_(this.timeline_.count));
    this.who_.addEventListener('change', () => this.show_());
    this.restore_.addEventListener('click', () => void this.bring_back_());
    element('history-name').addEventListener('click', () => this.ask_name_(true));
    element('history-name-cancel').addEventListener('click', () => this.ask_name_(false));
    element('history-name-form').addEventListener('submit', (event) => {
      event.preventDefault();
      void this.name_();
    });
    this.panel_.addEventListener('keydown', (event) => this.key_(event));
  }

  show_address(address: Address): void {
    this.close();
    this.address_ = address;
  }

  /** Whoever may only read sees the past, and brings nothing back. */
  set_read_only(read_only: boolean): void {
    if (read_only === this.read_only_) return;
    this.read_only_ = read_only;
    element('history-name').hidden = read_only;
    this.restore_.title = read_only ? 'You may not bring back past states' : '';
    this.allow_restore_();
  }

  toggle(): void {
    this.button_.click();
  }

  close(): void {
    if (this.panel_.hidden) return;
    ++this.opened_;
    this.panel_.hidden = true;
    document.body.classList.remove('in-past');
    this.button_.setAttribute('aria-expanded', 'false');
    this.moments_.clear();
    this.button_.focus();
  }

  private key_(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    if (!element('history-name-form').hidden) return this.ask_name_(false);
    if (this.base_ !== null) return this.compare_(null);
    this.close();
  }

  // ---- loading

  private async open_(): Promise<void> {
    if (!this.address_) return;
    const opened = ++this.opened_;
    this.panel_.hidden = false;
    document.body.classList.add('in-past');
    this.panel_.dataset['state'] = 'loading';
    this.button_.setAttribute('aria-expanded', 'true');
    this.timeline_ = new Timeline();
    this.base_ = null;
    this.pins_ = [];
    this.moments_.clear();
    this.who_.checked = false;
    this.who_.disabled = this.form_() !== 'text';
    this.ask_name_(false);
    this.say_('Loading…');
    element('history-sessions').replaceChildren();
    element('history-text').replaceChildren();
    try {
      this.timeline_.add(await history_page(this.address_, null));
      if (opened !== this.opened_) return;
      this.go_(this.timeline_.count);
      this.slider_.focus();
      this.list_();
      void this.load_pins_(opened);
      await this.load_earlier_(opened, kMostChanges);
    } catch (error) {
      if (opened === this.opened_) this.fail_(error);
    }
  }

  private async load_pins_(opened: number): Promise<void> {
    const pins = await pins_of(this.address_!).catch(() => []);
    if (opened !== this.opened_) return;
    this.pins_ = pins;
    this.list_();
  }

  // While earlier changes come, the moment that is shown stays the same one.
  private async load_earlier_(opened: number, most: number): Promise<void> {
    while (this.timeline_.next !== null && this.timeline_.count < most) {
      const page = await history_page(this.address_!, this.timeline_.next);
      if (opened !== this.opened_) return;
      const before = this.timeline_.count;
      this.timeline_.add(page);
      const added = this.timeline_.count - before;
      this.step_ += added;
      if (this.base_ !== null) this.base_ += added;
    }
    this.list_();
    this.set_slider_();
  }

  // ---- moving

  private go_(step: number): void {
    this.step_ = Math.max(this.timeline_.first_step, Math.min(step, this.timeline_.count));
    this.set_slider_();
    this.show_();
  }

  private set_slider_(): void {
    this.slider_.min = String(this.timeline_.first_step);
    this.slider_.max = String(this.timeline_.count);
    this.slider_.value = String(this.step_);
    this.slider_.disabled = this.timeline_.count === 0;
    element<HTMLButtonElement>('history-earlier').disabled = this.step_ <= this.timeline_.first_step;
    element<HTMLButtonElement>('history-later').disabled = this.step_ >= this.timeline_.count;
    this.mark_();
  }

  private compare_(base: number | null): void {
    this.base_ = base;
    if (base !== null) this.who_.checked = false;
    this.show_();
  }

  private open_session_(session: WorkSession): void {
    const first = Math.max(this.timeline_.step_of(session.first) - 1, this.timeline_.first_step);
    this.base_ = first;
    this.who_.checked = false;
    this.go_(this.timeline_.step_of(session.last));
  }

  // ---- showing

  private show_(): void {
    this.wanted_ = true;
    if (!this.asking_) void this.ask_();
  }

  private async ask_(): Promise<void> {
    this.asking_ = true;
    while (this.wanted_) {
      this.wanted_ = false;
      const [opened, step, base] = [this.opened_, this.step_, this.base_];
      this.panel_.dataset['state'] = 'loading';
      try {
        const [now, before, who] = await Promise.all([this.moment_(step), base === null ? null : this.moment_(base), this.who_.checked ? authors_at(this.address_!, this.at_(step)) : null]);
        if (opened === this.opened_ && !this.wanted_) this.draw_(step, now, before, who);
      } catch (error) {
        if (opened === this.opened_ && !this.wanted_) this.fail_(error);
      }
    }
    this.asking_ = false;
  }

  // What retention has dropped before the first step stands at the position from which it keeps.
  private at_(step: number): number {
    return Math.max(this.timeline_.position_of(step), this.timeline_.kept_from);
  }

  private moment_(step: number): Promise<Moment> {
    const key = String(this.at_(step));
    const known = this.moments_.get(key);
    if (known) return known;
    const asked = moment_at(this.address_!, this.at_(step), this.form_());
    asked.catch(() => this.moments_.delete(key));
    this.moments_.set(key, asked);
    if (this.moments_.size > kMostKept) this.moments_.delete(this.moments_.keys().next().value!);
    return asked;
  }

  private draw_(step: number, now: Moment, before: Moment | null, who: Past | null): void {
    const text = element('history-text');
    text.classList.toggle('is-tree', now.model !== null && !before);
    if (before) text.replaceChildren(...draw_parts(word_diff(before.text, now.text)));
    else if (who) text.replaceChildren(...draw_runs(who));
    else if (now.model) text.replaceChildren(...draw_model(now.model));
    else text.replaceChildren(...draw_parts([{ kind: 'same', text: now.text }]));
    this.say_(this.words_(step));
    this.slider_.setAttribute('aria-valuetext', this.words_(step));
    this.panel_.dataset['state'] = 'shown';
    this.panel_.dataset['position'] = String(this.timeline_.position_of(step));
    this.draw_compared_();
    this.draw_authors_();
    this.allow_restore_();
    this.set_slider_();
  }

  private words_(step: number): string {
    const position = this.timeline_.position_of(step);
    if (step === 0) return this.timeline_.count === 0 ? 'There is no change yet' : 'Before the first change';
    const pin = this.pins_.find((each) => this.timeline_.step_of(each.position) === step);
    const session = this.timeline_.session_at(position);
    const when = session ? ` · ${session.author}, ${when_words(session.last === position ? session.ended : session.began, Date.now())}` : '';
    return `${pin ? `${pin.name} · ` : ''}Change ${step.toLocaleString('en')} of ${this.timeline_.count.toLocaleString('en')}${when}`;
  }

  private draw_compared_(): void {
    const chip = element('history-compared');
    chip.hidden = this.base_ === null;
    element('history-compare').hidden = this.base_ !== null;
    element('history-compare-now').hidden = this.base_ !== null || this.step_ === this.timeline_.count;
    if (this.base_ === null) return;
    const end = document.createElement('button');
    end.type = 'button';
    end.className = 'link';
    end.dataset['testid'] = 'history-compare-end';
    end.textContent = 'End';
    end.setAttribute('aria-label', 'End the comparison');
    end.addEventListener('click', () => this.compare_(null));
    const with_what = this.base_ === this.timeline_.count ? 'the present' : this.base_ === 0 ? 'the beginning' : `change ${this.base_.toLocaleString('en')}`;
    chip.replaceChildren(`Compared with ${with_what} `, end);
  }

  private draw_authors_(): void {
    const position = this.timeline_.position_of(this.step_);
    const written = new Map<string, { author: string; color: string; inserted: number }>();
    for (const session of this.timeline_.sessions) {
      if (session.first > position) continue;
      const known = written.get(session.key) ?? { author: session.author, color: session.color, inserted: 0 };
      known.inserted += session.inserted;
      written.set(session.key, known);
    }
    element('history-authors').replaceChildren(
      ...[...written.values()].sort((a, b) => b.inserted - a.inserted).slice(0, 8).map((author) => {
        const item = document.createElement('li');
        item.textContent = author.author;
        item.style.setProperty('--peer', author.color);
        return item;
      }),
    );
  }

  private list_(): void {
    const actions: ListActions = {
      open: (session) => this.open_session_(session),
      go: (pin) => {
        this.base_ = null;
        this.go_(this.timeline_.step_of(pin.position));
      },
      remove: this.read_only_ ? null : (pin) => void this.remove_(pin),
      earlier: () => void this.load_earlier_(this.opened_, this.timeline_.count + kMostChanges).catch((error: unknown) => this.fail_(error)),
    };
    element('history-sessions').replaceChildren(...draw_sessions(this.timeline_, this.pins_, Date.now(), actions));
    this.mark_();
  }

  private mark_(): void {
    const position = this.timeline_.position_of(this.step_);
    const current = this.timeline_.session_at(position);
    for (const row of element('history-sessions').querySelectorAll<HTMLElement>('[data-last]')) {
      const is_current = current !== null && row.dataset['last'] === String(current.last);
      row.classList.toggle('is-current', is_current);
      if (is_current) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  }

  // ---- names

  private ask_name_(ask: boolean): void {
    element('history-name-form').hidden = !ask;
    const typed = element<HTMLInputElement>('history-name-text');
    typed.value = '';
    if (ask) typed.focus();
  }

  private async name_(): Promise<void> {
    const name = element<HTMLInputElement>('history-name-text').value.trim().replace(/\s+/gu, '-');
    if (!name || !this.address_) return;
    const before = this.pins_.find((pin) => pin.name === name);
    const position = this.at_(this.step_);
    try {
      await set_pin(this.address_, name, position);
      this.ask_name_(false);
      show_toast(`This version is “${name}” now.`, {
        words: 'Undo',
        act: () => void (before ? set_pin(this.address_!, name, before.position) : remove_pin(this.address_!, name)).then(() => this.load_pins_(this.opened_)),
      });
      await this.load_pins_(this.opened_);
    } catch (error) {
      this.say_(message_of(error));
    }
  }

  private async remove_(pin: Pin): Promise<void> {
    try {
      await remove_pin(this.address_!, pin.name);
      show_toast(`“${pin.name}” is no name of a version any more.`, {
        words: 'Undo',
        act: () => void set_pin(this.address_!, pin.name, pin.position).then(() => this.load_pins_(this.opened_)),
      });
      await this.load_pins_(this.opened_);
    } catch (error) {
      this.say_(message_of(error));
    }
  }

  // ---- going back

  private allow_restore_(): void {
    const past = this.panel_.dataset['state'] === 'shown' && this.step_ > 0;
    this.restore_.disabled = this.read_only_ || !past || this.step_ === this.timeline_.count;
  }

  private async bring_back_(): Promise<void> {
    if (!this.address_) return;
    const address = this.address_;
    this.restore_.disabled = true;
    const when = this.timeline_.session_at(this.timeline_.position_of(this.step_));
    try {
      const before = await last_position(address);
      const made = await restore(address, this.at_(this.step_));
      this.close();
      const words = when ? `The document is as it was ${when_words(when.ended, Date.now())}.` : 'The document is as it was then.';
      if (made === null) show_toast('The document is like that already.');
      else show_toast(words, { words: 'Undo', act: () => void undo_restore(address, before, made) });
    } catch (error) {
      this.fail_(error);
    }
  }

  private say_(words: string): void {
    const when = element('history-when');
    if (when.textContent !== words) when.textContent = words;
  }

  private fail_(error: unknown): void {
    this.panel_.dataset['state'] = 'failed';
    this.say_(message_of(error));
  }
}

// What others have written since stays: then the way back is in the history.
async function undo_restore(address: Address, before: number, made: number): Promise<void> {
  try {
    if ((await last_position(address)) !== made) return show_toast('Somebody has changed the document since. The version before is in the history.');
    await restore(address, before);
    show_toast('Undone: the document is as it was before.');
  } catch (error) {
    show_toast(message_of(error));
  }
}

function draw_runs(past: Past): HTMLElement[] {
  const color = new Map(authors_of(past.runs).map((author) => [author.key, author.color]));
  return past.runs.map((run) => {
    const span = document.createElement('span');
    span.textContent = run.text;
    span.className = 'written';
    span.title = `${author_name(run)}, ${new Date(run.time).toLocaleString()}`;
    span.style.setProperty('--peer', color.get(author_key(run))!);
    return span;
  });
}
