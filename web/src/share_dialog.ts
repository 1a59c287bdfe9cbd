// The dialog in which an owner shares the document: people and groups with roles, and links.

import type { Address } from './address.ts';
import { Refusal } from './api.ts';
import { copy_text } from './copy.ts';
import { describe_reason } from './describe.ts';
import type { Me } from './me.ts';
import { title_of, type Person } from './people.ts';
import { give, load_sharing, make_link, take } from './share_api.ts';
import { grantee_of, grantee_words, kRoles, kRoleWords, left_words, link_of, links_of, people_of, place_words, suggested, type Role, type Share, type Sharing } from './shares.ts';

const kCopiedMilliseconds = 1600;

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function button(words: string, label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = 'link';
  made.textContent = words;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', act);
  return made;
}

function span(class_name: string, words: string): HTMLElement {
  const made = document.createElement('span');
  made.className = class_name;
  made.textContent = words;
  return made;
}

function role_options(roles: readonly Role[], chosen: Role): HTMLOptionElement[] {
  return roles.map((role) => new Option(kRoleWords[role], role, false, role === chosen));
}

function message_of(error: unknown): string {
  if (error instanceof Refusal && error.status === 404) return 'Write something first: the server makes the workspace with its first change.';
  return error instanceof Error ? describe_reason(error.message) : String(error);
}

export class ShareDialog {
  private readonly dialog_ = element<HTMLDialogElement>('share-dialog');
  private readonly kind_ = element<HTMLSelectElement>('share-kind');
  private readonly who_ = element<HTMLInputElement>('share-who');
  private readonly url_ = element<HTMLInputElement>('share-url');
  private readonly copy_ = element<HTMLButtonElement>('share-copy');
  private readonly on_changed_: () => void;
  private address_: Address | null = null;
  private me_ = '';
  private sharing_: Sharing | null = null;
  private others_: readonly Person[] = [];
  private shown_others_ = '';

  /** `on_changed`: roles were given or taken, perhaps one's own. */
  constructor(on_changed: () => void) {
    this.on_changed_ = on_changed;
    element<HTMLSelectElement>('share-role').replaceChildren(...role_options(kRoles, 'editor'));
    element<HTMLSelectElement>('share-link-role').replaceChildren(...role_options(['viewer', 'editor'], 'viewer'));
    element('share-close').addEventListener('click', () => this.dialog_.close());
    // Esc closes it, too. A link is not shown a second time.
    this.dialog_.addEventListener('close', () => this.forget_link_());
    this.kind_.addEventListener('change', () => this.fit_kind_());
    this.copy_.addEventListener('click', () => void this.copy_link_());
    this.on_submit_('share-begin', () => this.begin_());
    this.on_submit_('share-give', () => this.give_());
    this.on_submit_('share-link', () => this.make_link_());
  }

  async open(address: Address, me: Me): Promise<void> {
    this.address_ = address;
    this.me_ = me.principal;
    this.sharing_ = null;
    element('share-title').textContent = `Share “${address.object}”`;
    element('share-begin').hidden = true;
    element('share-body').hidden = true;
    this.fit_kind_();
    if (!this.dialog_.open) this.dialog_.showModal();
    await this.try_('', async () => {});
  }

  /** Who else is in the document now. They are suggested while the dialog is open. */
  show_others(others: readonly Person[]): void {
    this.others_ = others;
    if (this.dialog_.open) this.draw_others_();
  }

  // Does something, shows what holds then, and says how it went.
  private async try_(done: string, act: (address: Address) => Promise<void>): Promise<void> {
    const address = this.address_;
    if (!address) return;
    this.dialog_.setAttribute('aria-busy', 'true');
    this.say_('');
    try {
      await act(address);
      this.draw_(address, await load_sharing(address));
      this.say_(done);
    } catch (error) {
      this.say_(message_of(error), true);
    }
    this.dialog_.removeAttribute('aria-busy');
    if (done) this.on_changed_();
  }

  private on_submit_(id: string, act: () => Promise<void>): void {
    element(id).addEventListener('submit', (event) => {
      event.preventDefault();
      void act();
    });
  }

  // ---- what holds

  private draw_(address: Address, sharing: Sharing): void {
    element('share-begin').hidden = sharing.ruled;
    element('share-body').hidden = !sharing.ruled;
    element('share-policies').hidden = !sharing.policies;
    element('share-workspace').textContent = address.workspace;
    const people = people_of(sharing);
    element('share-people').replaceChildren(...people.map((share) => this.person_(address, share)));
    const links = links_of(sharing, address, Date.now());
    element('share-links').replaceChildren(...links.map((share) => this.link_(share)));
    element('share-no-links').hidden = links.length > 0;
    this.sharing_ = sharing;
    this.draw_others_();
  }

  // Drawn anew only if somebody else is there, so that the keyboard keeps its place.
  private draw_others_(): void {
    if (!this.address_ || !this.sharing_) return;
    const people = suggested(this.others_, this.me_, this.sharing_, this.address_);
    const shown = JSON.stringify(people.map(({ name, principal, verified }) => [name, principal, verified]));
    element('share-here').hidden = people.length === 0;
    if (shown === this.shown_others_) return;
    this.shown_others_ = shown;
    element('share-others').replaceChildren(...people.map((person) => this.suggestion_(person)));
  }

  private suggestion_(person: Person): HTMLElement {
    const item = document.createElement('li');
    item.dataset['testid'] = 'share-suggestion';
    item.dataset['verified'] = String(person.verified);
    if (!person.verified) item.title = 'Nobody vouches for who this is.';
    const name = span('', title_of(person));
    if (!person.principal) {
      item.append(name);
      return item;
    }
    const choose = button('', `Choose ${title_of(person)}, ${person.principal}`, () => this.choose_(person.principal));
    choose.append(name);
    if (person.principal !== person.name) choose.append(span('share-place', person.principal));
    item.append(choose);
    return item;
  }

  private choose_(principal: string): void {
    this.kind_.value = 'principal';
    this.fit_kind_();
    this.who_.value = principal;
    element<HTMLSelectElement>('share-role').focus();
  }

  private person_(address: Address, share: Share): HTMLElement {
    const who = grantee_words(share.to, this.me_);
    const place = place_words(share.resource, address);
    const item = document.createElement('li');
    item.dataset['testid'] = 'share-person';
    item.dataset['to'] = share.to;
    item.append(span('share-who', who));
    // What comes from a folder or the workspace is changed there.
    if (place) item.append(span('share-place', `${kRoleWords[share.role]}, ${place}`));
    else item.append(this.role_of_(share, who), button('Remove', `Take the role of ${who} away`, () => void this.take_(share, who)));
    return item;
  }

  private role_of_(share: Share, who: string): HTMLElement {
    const role = document.createElement('select');
    role.setAttribute('aria-label', `Role of ${who}`);
    role.replaceChildren(...role_options(kRoles, share.role));
    role.addEventListener('change', () => {
      const chosen = role.value as Role;
      void this.try_(`${who} ${kRoleWords[chosen]} now.`, (address) => give(address, share.resource, share.to, chosen));
    });
    return role;
  }

  private link_(share: Share): HTMLElement {
    const item = document.createElement('li');
    item.dataset['testid'] = 'share-link-item';
    const words = `Link, ${kRoleWords[share.role]}`;
    const left = left_words(share.expires!, Date.now());
    const undo = button('Undo', `Undo the link that ${kRoleWords[share.role]} and ${left}`, () => {
      this.forget_link_();
      void this.try_('The link does not open the document any more.', (address) => take(address, share.resource, share.to));
    });
    item.append(span('share-who', words), span('share-place', left), undo);
    return item;
  }

  // ---- what is done

  // The first role in a workspace ends that every token counts for itself. So whoever begins keeps a role, and says who else.
  private async begin_(): Promise<void> {
    const all = new FormData(element<HTMLFormElement>('share-begin')).get('others') === 'all';
    await this.try_(all ? 'Everyone keeps what they had. You are the owner.' : 'You are the owner, and so far the only one with a role.', async (address) => {
      await give(address, '', `principal:${this.me_}`, 'owner');
      if (all) await give(address, '', 'everyone', 'editor');
    });
    this.who_.focus();
  }

  private async give_(): Promise<void> {
    const to = grantee_of(this.kind_.value, this.who_.value);
    const role = element<HTMLSelectElement>('share-role').value as Role;
    if (!to) return this.say_('Say who: the id that the token of this person names.', true);
    await this.try_(`${grantee_words(to, this.me_)} ${kRoleWords[role]} now.`, (address) => give(address, address.object, to, role));
    this.who_.value = '';
  }

  private async take_(share: Share, who: string): Promise<void> {
    const own = share.to === `principal:${this.me_}`;
    if (own && !window.confirm('Take your own role away? Somebody else has to give it back.')) return;
    await this.try_(`${who} has no role of its own any more.`, (address) => take(address, share.resource, share.to));
  }

  private async make_link_(): Promise<void> {
    const role = element<HTMLSelectElement>('share-link-role').value as Role;
    const seconds = Number(element<HTMLSelectElement>('share-link-life').value);
    await this.try_('The link is made. It is shown only now.', async (address) => {
      const ticket = await make_link(address, role, seconds);
      this.url_.value = link_of(address, ticket, location.origin + location.pathname);
      element('share-made').hidden = false;
      this.url_.select();
    });
  }

  private async copy_link_(): Promise<void> {
    if (!(await copy_text(this.url_.value, 'Copy this link'))) return;
    this.copy_.textContent = 'Copied';
    setTimeout(() => (this.copy_.textContent = 'Copy'), kCopiedMilliseconds);
  }

  private forget_link_(): void {
    this.url_.value = '';
    element('share-made').hidden = true;
  }

  private fit_kind_(): void {
    this.who_.hidden = this.kind_.value === 'everyone';
    this.who_.placeholder = this.kind_.value === 'group' ? 'design' : 'ann@example.org';
    this.who_.setAttribute('aria-label', this.kind_.value === 'group' ? 'Name of the group' : 'Id of the person');
  }

  private say_(words: string, bad = false): void {
    const said = element('share-said');
    said.textContent = words;
    said.dataset['bad'] = String(bad);
    said.scrollIntoView({ block: 'nearest' });
  }
}
