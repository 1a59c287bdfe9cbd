// Published providers on a page, with a token that the test gives: window.open_document(kind, url, name, token), and
// window.give_token(token) for when it is asked for again.

import { HocuspocusProvider } from '@hocuspocus/provider';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

let token = '';
window.seen = { closed: [], denied: [], scopes: [], asked: 0, opened: 0 };

window.give_token = (next) => (token = next);

window.open_document = (kind, url, name, first) => {
  token = first;
  const doc = new Y.Doc();
  const text = doc.getText('content');
  if (kind === 'hocuspocus') {
    const provider = new HocuspocusProvider({
      url, name, document: doc,
      token: () => { window.seen.asked += 1; return token; },
      onOpen: () => (window.seen.opened += 1),
      onClose: ({ event }) => window.seen.closed.push(String(event.reason)),
      onAuthenticationFailed: ({ reason }) => window.seen.denied.push(reason),
      onAuthenticated: ({ scope }) => window.seen.scopes.push(scope),
    });
    window.is_synced = () => provider.synced;
    window.unsaved = () => provider.unsyncedChanges;
    window.leave = () => provider.configuration.websocketProvider.disconnect();
    window.come_back = () => provider.configuration.websocketProvider.connect();
  } else {
    const provider = new WebsocketProvider(url, name, doc, { params: { token }, disableBc: true, maxBackoffTime: 200 });
    provider.on('connection-close', (event) => window.seen.closed.push(`${event?.code} ${event?.reason}`));
    provider.on('status', ({ status }) => (window.seen.opened += status === 'connected' ? 1 : 0));
    window.is_synced = () => provider.synced;
    window.leave = () => provider.disconnect();
    window.come_back = () => { provider.params.token = token; provider.connect(); };
  }
  window.type = (what) => text.insert(text.length, what);
  window.shown = () => text.toString();
};
