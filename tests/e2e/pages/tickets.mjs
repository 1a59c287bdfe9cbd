// The published clients, for a test that drives them from outside.

import { HocuspocusProvider } from '@hocuspocus/provider';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

window.clients = [];

window.open_y = (server, workspace, object, options) => {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${server}/y/${workspace}`, object, doc, { disableBc: true, ...options });
  const client = { doc, provider, closed: [], text: () => doc.getText('content').toString(), synced: () => provider.synced };
  provider.on('connection-close', (event) => event && client.closed.push(event.code));
  return window.clients.push(client) - 1;
};

window.open_h = (server, workspace, object, options) => {
  const doc = new Y.Doc();
  const client = { doc, denied: [], scopes: [] };
  client.provider = new HocuspocusProvider({
    url: `${server}/hocuspocus/${workspace}`, name: object, document: doc, token: '',
    onAuthenticated: ({ scope }) => client.scopes.push(scope),
    onAuthenticationFailed: ({ reason }) => client.denied.push(reason),
    ...options,
  });
  client.text = () => doc.getText('content').toString();
  client.synced = () => client.provider.isSynced && !client.provider.hasUnsyncedChanges;
  return window.clients.push(client) - 1;
};
