// The page of a workspace: its objects, what became of them last, and who is there. It looks again while it is seen.

import { parse_address, to_hash, type Address } from './address.ts';
import { Refusal } from './api.ts';
import { color_of } from './color.ts';
import { describe_reason } from './describe.ts';
import { ask_me, reason_of, type Me } from './me.ts';
import { initials } from './people.ts';
import { load_token, save_token } from './token.ts';
import { show_toast } from './toast.ts';
import { count_words, size_words, when_words } from './words.ts';
import * as api from './workspace.ts';

const kLookMilliseconds = 5_000;
const kFilterMilliseconds = 150;

function element<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function make(tag: string, name = '', text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

function tab_storage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

const workspace = api.workspace_of(location.pathname);
const brought = parse_address(location.hash, location.search).token;
if (brought) {
  save_token(tab_storage(), brought);
  history.replaceState(null, '', location.pathname);
}
let address: Address = { workspace, object: '', token: brought ?? load_token(tab_storage()) };
let me: Me | null = null;
let prefix = '';
let pages = 1;
let shown = '';
let looking = false;
let again = false;

const at = (object: string): Address => ({ ...address, object });
const may_write = () => me === null || me.rights !== 'read';

// ---- what is shown

function show_rows(rows: api.ObjectRow[], next: string | null, present: api.Present[]): void {
  const key = JSON.stringify([rows, next, present, may_write(), Math.floor(Date.now() / 60_000)]);
  if (key === shown || element('ws-rows').contains(document.activeElement?.closest('form') ?? null)) return;
  shown = key;
  const here = new Map(present.map((each) => [each.object, each]));
  const focused = (document.activeElement as HTMLElement | null)?.dataset['focus'];
  element('ws-rows').replaceChildren(...rows.map((row) => draw_row(row, here.get(row.object))));
  if (focused) element('ws-rows').querySelector<HTMLElement>(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  element('ws-list').hidden = rows.length === 0;
  element('ws-empty').hidden = rows.length > 0;
  element('ws-empty').textContent = prefix ? `No object has a name that begins with “${prefix}”.` : 'There is nothing in this workspace yet. Create the first document above.';
  element('ws-more').hidden = next === null;
  element('count').textContent = next === null ? count_words(rows.length, 'object') : `the first ${count_words(rows.length, 'object')}`;
  element('ws-people').replaceChildren(...api.people_here(present).map((person) => avatar(person.name, person.key, person.verified)));
  element('ws').dataset['state'] = 'shown';
}

function avatar(name: string, key: string, verified: boolean): HTMLElement {
  const item = make('li', 'avatar', verified ? initials(name) : name.replace(/\D+/gu, ''));
  item.title = name;
  item.setAttribute('aria-label', name);
  item.dataset['testid'] = 'ws-person';
  item.dataset['name'] = name;
  if (verified) item.style.setProperty('--peer', color_of(key));
  else item.classList.add('more');
  return item;
}

function cell(name: string, ...inside: (Node | string)[]): HTMLElement {
  const made = make('td', name);
  made.append(...inside);
  return made;
}

function draw_row(row: api.ObjectRow, here: api.Present | undefined): HTMLElement {
  const made = make('tr');
  made.dataset['testid'] = 'ws-row';
  made.dataset['object'] = row.object;
  const link = make('a', 'ws-link', row.object) as HTMLAnchorElement;
  link.href = api.object_link(workspace, row.object);
  link.dataset['focus'] = `open ${row.object}`;
  const people = make('ul', 'peers');
  if (here) people.append(...api.people_here([here]).map((person) => avatar(person.name, person.key, person.verified)));
  const head = make('th', 'ws-name');
  head.setAttribute('scope', 'row');
  head.append(link);
  const changed = row.changed ? when_words(row.changed, Date.now()) : '';
  const by = row.author ? ` by ${row.author}` : '';
  made.append(
    head,
    cell('ws-type', row.damaged ? 'Damaged' : (api.kTypeWords[row.type] ?? row.type)),
    // Of files and streams, the list knows the size of the event, and not that of the bytes.
    cell('ws-size', row.damaged || row.type !== 'doc' ? '' : size_words(row.size)),
    cell('ws-changed', changed + by),
    cell('ws-here', ...(here ? [people] : [])),
    cell('ws-acts', ...(may_write() ? acts(row, made) : [])),
  );
  return made;
}

function acts(row: api.ObjectRow, line: HTMLElement): HTMLElement[] {
  const button = (words: string, act: () => void) => {
    const made = make('button', 'link', words) as HTMLButtonElement;
    made.type = 'button';
    made.dataset['testid'] = `ws-${words.toLowerCase()}`;
    made.dataset['focus'] = `${words} ${row.object}`;
    made.setAttribute('aria-label', `${words} ${row.object}`);
    made.addEventListener('click', act);
    return made;
  };
  const rename = button('Rename', () => ask_name(row, line));
  const remove = button('Delete', () => void delete_one(row.object));
  return row.type === 'stream' ? [remove] : [rename, remove];
}

function ask_name(row: api.ObjectRow, line: HTMLElement): void {
  const form = make('form', 'ws-rename') as HTMLFormElement;
  const input = make('input') as HTMLInputElement;
  input.value = row.object;
  input.maxLength = 1024;
  input.spellcheck = false;
  input.dataset['testid'] = 'ws-rename-name';
  input.setAttribute('aria-label', `New name of ${row.object}`);
  const save = make('button', 'button strong', 'Rename');
  const end = () => {
    shown = '';
    form.remove();
    void look();
  };
  form.append(input, save);
  form.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') end();
  });
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const to = input.value.trim();
    form.remove();
    if (to && to !== row.object) void rename_one(row.object, to);
    else end();
  });
  line.querySelector('.ws-name')!.replaceChildren(form);
  input.focus();
  input.select();
}

function show_deleted(deleted: api.Deleted[]): void {
  element('ws-deleted').hidden = deleted.length === 0 || !may_write();
  element('ws-deleted-list').replaceChildren(
    ...deleted.slice(0, 100).map((each) => {
      const item = make('li');
      const back = make('button', 'link', 'Bring back') as HTMLButtonElement;
      back.type = 'button';
      back.setAttribute('aria-label', `Bring back ${each.object}`);
      back.addEventListener('click', () => void undelete_one(each.object));
      item.append(make('span', 'ws-deleted-name', each.object), make('span', 'ws-deleted-when', `deleted ${when_words(each.deleted, Date.now())}, erased ${new Date(each.erase_at).toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })}`), back);
      return item;
    }),
  );
}

// ---- what is done

function fail(error: unknown): void {
  show_toast(describe_reason(error instanceof Error ? error.message : String(error)));
}

async function attempt(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    fail(error);
    return false;
  } finally {
    shown = '';
    void look();
  }
}

async function delete_one(object: string): Promise<void> {
  if (await attempt(() => api.delete_object(at(object)))) show_toast(`${object} is deleted.`, { words: 'Undo', act: () => void undelete_one(object) });
}

async function undelete_one(object: string): Promise<void> {
  if (await attempt(() => api.undelete_object(at(object)))) show_toast(`${object} is back.`);
}

async function rename_one(object: string, to: string): Promise<void> {
  if (await attempt(() => api.rename_object(at(object), to))) show_toast(`${object} is called ${to} now.`, { words: 'Undo', act: () => void attempt(() => api.rename_object(at(to), object)) });
}

// ---- looking

async function load(): Promise<void> {
  let rows: api.ObjectRow[] = [];
  let next: string | null = null;
  for (let page = 0; page < pages && (page === 0 || next !== null); ++page) {
    const read: { rows: api.ObjectRow[]; next: string | null } = await api.list_objects(address, prefix, next);
    rows = [...rows, ...read.rows];
    next = read.next;
  }
  const [present, deleted] = await Promise.all([api.list_present(address).catch(() => []), api.list_deleted(address).catch(() => [])]);
  show_rows(rows, next, present);
  show_deleted(deleted);
}

async function look(): Promise<void> {
  if (looking) {
    again = true;
    return;
  }
  looking = true;
  do {
    again = false;
    try {
      await load();
      say('online', may_write() ? 'Online' : 'Online — you may read, not write');
    } catch (error) {
      refused(error);
    }
  } while (again);
  looking = false;
}

function refused(error: unknown): void {
  if (!(error instanceof Refusal)) return say('offline', 'Offline, retrying…');
  if (error.status === 404) {
    show_rows([], null, []);
    return say('online', 'Online');
  }
  say('refused', describe_reason(error.message));
  element('ws-list').hidden = true;
  element('ws-empty').hidden = false;
  element('ws-empty').textContent = error.status === 410 ? 'This workspace was deleted.' : describe_reason(error.message);
  element('ws').dataset['state'] = 'refused';
  if (error.status === 401) ask_token(reason_of(address.token, error.message));
}

function say(state: string, words: string): void {
  const status = element('status');
  status.dataset['state'] = state;
  if (status.textContent !== words) status.textContent = words;
}

// ---- the token

function ask_token(reason: string): void {
  element('token-reason').textContent = reason;
  const dialog = element<HTMLDialogElement>('token-dialog');
  if (!dialog.open && !dialog.dataset['dismissed']) dialog.showModal();
}

element('token-cancel').addEventListener('click', () => {
  const dialog = element<HTMLDialogElement>('token-dialog');
  dialog.dataset['dismissed'] = 'yes';
  dialog.close();
});
element('token-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const typed = element<HTMLInputElement>('token').value.trim();
  if (!typed) return;
  element<HTMLInputElement>('token').value = '';
  element<HTMLDialogElement>('token-dialog').close();
  address = { ...address, token: typed };
  save_token(tab_storage(), typed);
  void begin();
});

async function begin(): Promise<void> {
  const answer = await ask_me(address.token);
  if ('me' in answer) me = answer.me;
  element('ws-new').hidden = !may_write();
  if ('token_needed' in answer) {
    say('refused', 'The server asks for a token');
    element('ws-empty').textContent = 'The server asks for a token.';
    return ask_token(answer.token_needed);
  }
  await look();
}

element('ws-title').textContent = workspace;
document.title = `${workspace} · Syncline`;
let filter_timer: ReturnType<typeof setTimeout> | undefined;
element('ws-prefix').addEventListener('input', () => {
  clearTimeout(filter_timer);
  filter_timer = setTimeout(() => {
    prefix = element<HTMLInputElement>('ws-prefix').value;
    pages = 1;
    void look();
  }, kFilterMilliseconds);
});
element('ws-filter').addEventListener('submit', (event) => event.preventDefault());
element('ws-more').addEventListener('click', () => {
  ++pages;
  void look();
});
element('ws-new').addEventListener('submit', (event) => {
  event.preventDefault();
  const object = element<HTMLInputElement>('ws-name').value.trim().replace(/^\/+|\/+$/gu, '');
  if (object) location.href = '../' + to_hash({ ...address, object }, false);
});
setInterval(() => {
  if (!document.hidden && element('ws').dataset['state'] !== 'refused') void look();
}, kLookMilliseconds);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void look();
});
void begin();
