// Joins the parts: the address says which document, a Session keeps it in step, an Editor shows its text, the View the rest.

import { parse_address, parse_typed, to_hash, type Address } from './address.ts';
import { Editor } from './editor.ts';
import { HistoryPanel } from './history.ts';
import { ask_me, reason_of, type Me } from './me.ts';
import { join_lost, type Lost, type NoticeAction } from './notice.ts';
import { clean_name, load_name, save_name } from './people.ts';
import { ask_rights, type Rights } from './rights.ts';
import { kRootName, Session } from './session.ts';
import { ShareDialog } from './share_dialog.ts';
import { load_token, save_token } from './token.ts';
import { View } from './view.ts';

interface Open {
  address: Address;
  session: Session;
  editor: Editor;
}

// How long the page does not ask again why it is kept out.
const kAskAgainMilliseconds = 3000;

function storage(kind: 'localStorage' | 'sessionStorage'): Storage | null {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

let name = load_name(storage('localStorage'));
let token = load_token(storage('sessionStorage'));
let me: Me | null = null;
let rights: Rights | null = null;
let lost: Lost | null = null;
let open: Open | null = null;
let rights_asked = 0;
let rights_asked_ms = -Infinity;

const history_panel = new HistoryPanel();
const share_dialog = new ShareDialog(() => void find_out_rights());
const view = new View({
  go(typed) {
    if (open) location.hash = to_hash(parse_typed(typed, open.address), false);
    follow_location();
  },
  rename(typed) {
    name = clean_name(typed) || name;
    save_name(storage('localStorage'), name);
    open?.session.rename(name);
  },
  use_token(typed) {
    set_token(typed.trim() || null);
  },
  share() {
    if (open && me) void share_dialog.open(open.address, me);
  },
  act,
});

function act(action: NoticeAction): void {
  if (action === 'token') view.offer_token('What you may do here depends on your token.');
  if (action === 'retry') {
    open?.session.reconnect();
    if (!me) void find_out_who();
  }
  if (action === 'drop') {
    lost = null;
    show();
  }
}

function set_token(now: string | null): void {
  token = now;
  save_token(storage('sessionStorage'), token);
  if (!open) return;
  open.address = { ...open.address, token };
  history_panel.show_address(open.address);
  open.session.renew(token);
  void find_out_who();
}

// Asks the server who this is: for the name, and whether a token is needed at all.
async function find_out_who(): Promise<void> {
  const asked = token;
  const answer = await ask_me(asked);
  if (asked !== token) return;
  if ('token_needed' in answer) view.ask_token(answer.token_needed);
  if (!('me' in answer)) return;
  me = answer.me;
  open?.session.identify(me);
}

// Asks the server what may be done with the document, and so also why it refuses. An answer counts if nothing has changed
// meanwhile.
async function find_out_rights(): Promise<void> {
  if (!open) return;
  const { session, address } = open;
  const number = ++rights_asked;
  rights_asked_ms = performance.now();
  const answer = await ask_rights(address, kRootName);
  if (number !== rights_asked || session !== open?.session || address.token !== token) return;
  if ('rights' in answer) return take_rights(answer.rights);
  if ('unreachable' in answer) return session.explain('');
  const { status, message } = answer.refused;
  if (status === 429 || status >= 500) return session.explain(message);
  rights = null;
  session.refuse(status, message);
  if (status === 401) view.ask_token(reason_of(token, message));
}

function take_rights(now: Rights): void {
  rights = now;
  view.token_accepted();
  open?.session.allow(now);
  open?.session.explain(now.why_kept_out);
}

// A change was refused. What was written after it builds on it and would be refused, too, so the document is loaded again.
function start_over(reason: string): void {
  if (!open) return;
  const { address, session, editor } = open;
  lost = join_lost(lost, { reason, text: session.unsaved_text.join('\n') });
  const place = editor.place;
  close_document();
  open_document(address, place);
}

function close_document(): void {
  open?.editor.close();
  open?.session.close();
  open = null;
}

// Where nobody needs a token, all are one principal, and roles cannot tell them apart.
function may_share(): boolean {
  return rights?.share === true && me !== null && me.principal !== 'anonymous' && open?.session.state.connection !== 'refused';
}

function show(): void {
  if (!open) return;
  const { session, editor } = open;
  const { loaded, connection, status, read_only } = session.state;
  view.show(session, lost, may_share());
  share_dialog.show_others(session.others);
  editor.set_hint(loaded ? hint(read_only) : connection === 'refused' ? '' : 'Loading…');
  // Whoever lacks a token goes on when he has one.
  editor.set_read_only(read_only || (connection === 'refused' && status !== 0 && status !== 401));
  history_panel.set_read_only(read_only || rights?.restore === false);
}

function hint(read_only: boolean): string {
  return read_only ? 'There is nothing here yet.' : 'Start writing. Everyone with the link sees it as you type.';
}

function open_document(address: Address, place: { caret: number; focused: boolean } = { caret: 0, focused: true }): void {
  let was = '';
  const changed = () => {
    if (!open || open.session !== session) return;
    show();
    const { connection, loaded } = session.state;
    if (loaded && place.caret > 0) {
      const { caret } = place;
      place = { ...place, caret: 0 };
      // Presence also changes while the editor applies an update, when it takes no other.
      queueMicrotask(() => open?.session === session && editor.put_caret(caret));
    }
    // Rights may be others in each connection; and why the server refused is known better to its API. Nothing is asked
    // before: each question with a wrong token makes the server slower.
    const asks = connection !== was && (connection === 'online' || connection === 'refused');
    was = connection;
    if (asks) void find_out_rights();
  };
  const session: Session = new Session(address, name, {
    changed,
    rights_changed: () => void find_out_rights(),
    edit_refused: (reason) => queueMicrotask(() => open?.session === session && start_over(reason)),
    kept_out() {
      if (performance.now() - rights_asked_ms > kAskAgainMilliseconds) void find_out_rights();
    },
  });
  const editor = new Editor(view.editor_parent, session);
  session.text.observe(() => view.show_text(session.text.toString()));
  open = { address, session, editor };
  if (me) session.identify(me);
  if (rights) session.allow(rights);
  view.show_address(address);
  history_panel.show_address(address);
  view.show_text('');
  changed();
  if (place.focused) editor.focus();
}

function may_leave(current: Open): boolean {
  const { unsaved } = current.session.state;
  if (lost?.text.trim() && !window.confirm('Text of yours that was refused is kept here and would be lost. Leave anyway?')) return false;
  return unsaved === 0 || window.confirm(`${unsaved} of your changes have not reached the server and would be lost. Leave anyway?`);
}

// The one place that opens documents: at the start, after the switcher, and when the hash changes by hand or by a link.
function follow_location(): void {
  const found = parse_address(location.hash, location.search);
  const brought = found.token;
  const address = { ...found, token: brought ?? token };
  const same = open && to_hash(open.address, false) === to_hash(address, false);
  const stay = open && (same || !may_leave(open));
  // A token leaves the address at once: it would stay in the history of the browser, and travel in links.
  history.replaceState(null, '', location.pathname + to_hash(stay ? open!.address : address, false));
  if (brought && brought !== token) {
    if (same) return set_token(brought);
    token = brought;
    save_token(storage('sessionStorage'), token);
    me = null;
  }
  if (stay) {
    view.show_address(open!.address);
    return;
  }
  close_document();
  rights = null;
  lost = null;
  open_document(address);
  if (!me) void find_out_who();
}

window.addEventListener('hashchange', follow_location);
window.addEventListener('beforeunload', (event) => {
  if (open && (open.session.state.unsaved > 0 || lost?.text.trim())) event.preventDefault();
});
follow_location();
