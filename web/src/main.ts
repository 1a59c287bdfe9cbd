// Joins the parts: the address says which document, a Session keeps it in step, an Editor shows its text, the View the rest.

import { parse_address, parse_typed, to_hash, type Address } from './address.ts';
import { Editor } from './editor.ts';
import { HistoryPanel } from './history.ts';
import { ask_me, type Me } from './me.ts';
import { clean_name, load_name, save_name } from './people.ts';
import { Session } from './session.ts';
import { load_token, save_token } from './token.ts';
import { View } from './view.ts';

interface Open {
  address: Address;
  session: Session;
  editor: Editor;
}

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
let open: Open | null = null;

const history_panel = new HistoryPanel();
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
  retry() {
    open?.session.reconnect();
    void find_out_who();
  },
  use_token(typed) {
    set_token(typed.trim() || null);
  },
});

function set_token(now: string | null): void {
  token = now;
  save_token(storage('sessionStorage'), token);
  if (!open) return;
  open.address = { ...open.address, token };
  history_panel.show_address(open.address);
  open.session.renew(token);
  void find_out_who();
}

// Asks the server who this is: for the name and the rights, and whether a token is needed at all.
async function find_out_who(): Promise<void> {
  const asked = token;
  const answer = await ask_me(asked);
  if (asked !== token) return;
  if ('token_needed' in answer) view.ask_token(answer.token_needed);
  if (!('me' in answer)) return;
  me = answer.me;
  view.close_token();
  open?.session.identify(me);
  open?.editor.set_read_only(me.rights === 'read');
  history_panel.set_read_only(me.rights === 'read');
}

function open_document(address: Address): void {
  let asked = false;
  const show = () => {
    if (!open) return;
    view.show(open.session);
    open.editor.set_hint(open.session.state.loaded ? 'Start writing. Everyone with the link sees it as you type.' : 'Loading…');
    // Why the server refused is known better to its API: a token that has expired looks like a wrong one here.
    const refused = open.session.state.connection === 'refused';
    if (refused && !asked) void find_out_who();
    asked = refused;
  };
  const session = new Session(address, name, show);
  const editor = new Editor(view.editor_parent, session);
  session.text.observe(() => view.show_text(session.text.toString()));
  open = { address, session, editor };
  if (me) session.identify(me);
  editor.set_read_only(me?.rights === 'read');
  history_panel.set_read_only(me?.rights === 'read');
  view.show_address(address);
  history_panel.show_address(address);
  view.show_text('');
  show();
  editor.focus();
}

function may_leave(current: Open): boolean {
  const { unsaved } = current.session.state;
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
  open?.editor.close();
  open?.session.close();
  open_document(address);
  if (!me) void find_out_who();
}

window.addEventListener('hashchange', follow_location);
window.addEventListener('beforeunload', (event) => {
  if (open && open.session.state.unsaved > 0) event.preventDefault();
});
follow_location();
