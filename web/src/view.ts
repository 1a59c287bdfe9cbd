// Everything of the page around the editor: fills the elements of index.html, and reports what people do with them.

import { to_hash, type Address } from './address.ts';
import { Banner } from './banner.ts';
import { copy_text } from './copy.ts';
import { describe_connection, describe_count, describe_saved } from './describe.ts';
import { notices_of, type Lost, type NoticeAction } from './notice.ts';
import { initials, title_of, type Person } from './people.ts';
import type { Session } from './session.ts';

export interface Actions {
  go(typed: string): void;
  rename(name: string): void;
  use_token(typed: string): void;
  share(): void;
  /** A button of a notice. */
  act(action: NoticeAction): void;
}

const kAvatars = 5;
const kCopiedMilliseconds = 1600;
// Confirmations take milliseconds. While somebody types, "Saving…" stays instead of flickering: it errs to the careful side.
const kSavingMilliseconds = 450;

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function avatar(person: Person): HTMLElement {
  const item = document.createElement('li');
  item.className = 'avatar';
  item.dataset['testid'] = 'peer';
  item.textContent = initials(person.name);
  item.title = title_of(person);
  item.dataset['name'] = person.name;
  item.dataset['verified'] = String(person.verified);
  item.setAttribute('aria-label', title_of(person));
  item.style.setProperty('--peer', person.color);
  return item;
}

export class View {
  readonly editor_parent = element('editor');
  private readonly document_ = element<HTMLInputElement>('document');
  private readonly name_ = element<HTMLInputElement>('name');
  private readonly second_ = element<HTMLAnchorElement>('second');
  private readonly copy_ = element<HTMLButtonElement>('copy');
  private readonly token_dialog_ = element<HTMLDialogElement>('token-dialog');
  private readonly token_ = element<HTMLInputElement>('token');
  private readonly share_ = element<HTMLButtonElement>('share');
  private readonly banner_: Banner;
  private token_needed_ = false;
  private link_ = '';
  private shown_people_ = '';
  private saving_until_ = 0;
  private saving_timer_: ReturnType<typeof setTimeout> | undefined;

  constructor(actions: Actions) {
    element('switcher').addEventListener('submit', (event) => {
      event.preventDefault();
      actions.go(this.document_.value);
      this.document_.blur();
    });
    this.document_.addEventListener('input', () => this.fit_());
    this.name_.addEventListener('change', () => actions.rename(this.name_.value));
    this.name_.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.name_.blur();
    });
    this.share_.addEventListener('click', () => actions.share());
    this.banner_ = new Banner(element('notices'), (action) => actions.act(action));
    this.copy_.addEventListener('click', () => void this.copy_link_());
    element('token-form').addEventListener('submit', (event) => {
      event.preventDefault();
      const typed = this.token_.value;
      if (!typed.trim()) return;
      this.close_token_();
      actions.use_token(typed);
    });
    element('token-cancel').addEventListener('click', () => this.token_dialog_.close());
  }

  /** Without another token, nothing goes on. */
  ask_token(reason: string): void {
    this.token_needed_ = true;
    this.open_token_(reason);
  }

  /** Somebody wants to use another one. */
  offer_token(reason: string): void {
    this.token_needed_ = false;
    this.open_token_(reason);
  }

  /** The server lets in. Whoever is about to give another token is not interrupted. */
  token_accepted(): void {
    if (this.token_needed_) this.close_token_();
  }

  show_address(address: Address): void {
    const path = `${address.workspace}/${address.object}`;
    document.title = `${address.object} · Syncline`;
    this.document_.value = path;
    this.fit_();
    // A window that this one opens gets a copy of its storage, and so the token. A link to pass on does not carry it.
    this.second_.href = to_hash(address, false);
    this.link_ = new URL(to_hash(address, false), location.origin + location.pathname).href;
  }

  /** `lost`: what a refusal took out of the document, until its author is done with it. */
  show(session: Session, lost: Lost | null, may_share: boolean): void {
    const state = session.state;
    const status = element('status');
    status.dataset['state'] = state.connection;
    const words = describe_connection(state);
    if (status.textContent !== words) status.textContent = words;
    this.share_.hidden = !may_share;
    this.banner_.show(notices_of(state, lost, state.connection === 'refused' ? session.unsaved_text.join('\n') : ''));
    this.show_saved_(session);
    this.show_people_(session.others, session.me);
    this.name_.readOnly = session.named_by_token;
    this.name_.title = session.named_by_token ? 'Your name, as your token says it' : 'Your name, as others see it';
  }

  show_text(text: string): void {
    element('count').textContent = describe_count(text);
  }

  private open_token_(reason: string): void {
    element('token-reason').textContent = reason;
    if (this.token_dialog_.open) return;
    this.token_.value = '';
    this.token_dialog_.showModal();
  }

  private close_token_(): void {
    this.token_.value = '';
    this.token_dialog_.close();
  }

  private show_saved_(session: Session): void {
    let { state, words } = describe_saved(session.state);
    const now = Date.now();
    if (state === 'saving') this.saving_until_ = now + kSavingMilliseconds;
    if (state === 'saved' && session.state.connection === 'online' && now < this.saving_until_) {
      clearTimeout(this.saving_timer_);
      this.saving_timer_ = setTimeout(() => this.show_saved_(session), this.saving_until_ - now + 5);
      [state, words] = ['saving', 'Saving…'];
    }
    const saved = element('saved');
    saved.dataset['state'] = state;
    saved.dataset['unsaved'] = String(session.state.unsaved);
    saved.textContent = words;
  }

  private show_people_(others: Person[], me: Person): void {
    const key = JSON.stringify([others, me]);
    if (key === this.shown_people_) return;
    this.shown_people_ = key;
    const peers = element('peers');
    peers.dataset['count'] = String(others.length);
    peers.replaceChildren(...others.slice(0, kAvatars).map(avatar));
    if (others.length > kAvatars) {
      const more = document.createElement('li');
      more.className = 'avatar more';
      more.textContent = `+${others.length - kAvatars}`;
      more.title = others.slice(kAvatars).map(title_of).join(', ');
      peers.append(more);
    }
    const own = element('me');
    own.textContent = initials(me.name);
    own.dataset['verified'] = String(me.verified);
    own.style.setProperty('--peer', me.color);
    if (document.activeElement !== this.name_) this.name_.value = me.name;
    this.name_.size = Math.max(6, [...me.name].length);
  }

  private fit_(): void {
    this.document_.size = Math.max(8, this.document_.value.length + 1);
  }

  private async copy_link_(): Promise<void> {
    if (!(await copy_text(this.link_, 'Copy this link'))) return;
    this.copy_.textContent = 'Copied';
    setTimeout(() => (this.copy_.textContent = 'Copy link'), kCopiedMilliseconds);
  }
}
