// Joins the parts: the address says which document, a Session keeps it in step, an Editor shows its text, the View the rest.

import { parse_address, parse_typed, to_hash, type Address } from './address.ts';
import { Editor } from './editor.ts';
import { HistoryPanel } from './history.ts';
import { clean_name, load_name, save_name } from './people.ts';
import { Session } from './session.ts';
import { View } from './view.ts';

interface Open {
  address: Address;
  session: Session;
  editor: Editor;
}

function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

let name = load_name(storage());
let open: Open | null = null;

const history_panel = new HistoryPanel();
const view = new View({
  go(typed) {
    if (open) location.hash = to_hash(parse_typed(typed, open.address), true);
    follow_location();
  },
  rename(typed) {
    name = clean_name(typed) || name;
    save_name(storage(), name);
    open?.session.rename(name);
  },
  retry() {
    open?.session.reconnect();
  },
});

function open_document(address: Address): void {
  const show = () => {
    if (!open) return;
    view.show(open.session);
    open.editor.set_hint(open.session.state.loaded ? 'Start writing. Everyone with the link sees it as you type.' : 'Loading…');
  };
  const session = new Session(address, name, show);
  const editor = new Editor(view.editor_parent, session);
  session.text.observe(() => view.show_text(session.text.toString()));
  open = { address, session, editor };
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
  const address = parse_address(location.hash, location.search);
  const same = open && to_hash(open.address, true) === to_hash(address, true);
  const stay = open && (same || !may_leave(open));
  // Also takes a token out of the query, which would travel in requests, into the hash, which does not.
  history.replaceState(null, '', location.pathname + to_hash(stay ? open!.address : address, true));
  if (stay) {
    view.show_address(open!.address);
    return;
  }
  open?.editor.close();
  open?.session.close();
  open_document(address);
}

window.addEventListener('hashchange', follow_location);
window.addEventListener('beforeunload', (event) => {
  if (open && open.session.state.unsaved > 0) event.preventDefault();
});
follow_location();
