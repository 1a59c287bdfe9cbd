// The published clients, unmodified, with the few options that Node needs; all ended when the test ends.

import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import {
  HocuspocusProvider as HocuspocusProvider3,
  HocuspocusProviderWebsocket as HocuspocusProviderWebsocket3,
} from '@hocuspocus/provider-3';
import * as decoding from 'lib0/decoding';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import { WebsocketProvider as WebsocketProvider1 } from 'y-websocket-1';
import { WebsocketProvider as WebsocketProvider2 } from 'y-websocket-2';
import * as Y from 'yjs';
import { until } from './wait.mjs';

export { WebSocket, Y };

// Each y-websocket provider listens for the end of the process.
process.setMaxListeners(0);

// The Hocuspocus provider takes its listeners off before it closes a socket that is still connecting, and an error that
// nobody listens for ends a Node process.
export class QuietSocket extends WebSocket {
  constructor(...args) {
    super(...args);
    this.on('error', () => {});
  }
}

// Trusts the certificate that a test made for itself.
export class TrustingSocket extends QuietSocket {
  constructor(url, protocols) {
    super(url, protocols, { rejectUnauthorized: false });
  }
}

const kYWebsocket = { 1: WebsocketProvider1, 2: WebsocketProvider2, 3: WebsocketProvider };
export const y_versions = [1, 2, 3];

// A y-websocket client. Options of the provider, and: version (3 by default), doc, client_id, wait (for the first sync;
// default true).
export async function y_client(t, server, workspace, object, options = {}) {
  const { version = 3, doc = new Y.Doc(), client_id, wait = true, ...rest } = options;
  if (client_id !== undefined) doc.clientID = client_id;
  const provider = new kYWebsocket[version](server.y(workspace), object, doc, {
    WebSocketPolyfill: WebSocket,
    disableBc: true,
    maxBackoffTime: 200,
    ...rest,
  });
  // Asked for with `?ack=1`, and nothing that the provider itself knows.
  const saving = { count: 0, told: () => {} };
  provider.messageHandlers[100] = (_encoder, decoder) => {
    saving.count += decoding.readVarUint(decoder);
    saving.told();
  };
  t.after(() => {
    provider.destroy();
    provider.awareness.destroy();
    doc.destroy();
  });
  const client = { doc, provider, awareness: provider.awareness, text: doc.getText('content'), saving };
  if (wait && rest.connect !== false) await synced(client);
  return client;
}

// Makes `count` edits, each an event of its own: the server joins those that arrive together, so each waits until the
// one before it is saved. The client must ask for that: `params: { ack: '1' }`.
export async function edit_each({ saving }, count, edit) {
  for (let i = 0; i < count; ++i) {
    const before = saving.count;
    const saved = new Promise((resolve) => { saving.told = () => saving.count > before && resolve(); });
    edit(i);
    await saved;
  }
}

export const synced = ({ provider }) => until(() => provider.synced, 'the client has synced');

const kHocuspocus = {
  3: { Socket: HocuspocusProviderWebsocket3, Provider: HocuspocusProvider3 },
  4: { Socket: HocuspocusProviderWebsocket, Provider: HocuspocusProvider },
};
export const hocuspocus_versions = [3, 4];

export function h_socket(t, server, workspace, version, options = {}) {
  const socket = new kHocuspocus[version].Socket({
    url: server.hocuspocus(workspace),
    WebSocketPolyfill: QuietSocket,
    delay: 50,
    minDelay: 20,
    maxDelay: 200,
    ...options,
  });
  t.after(() => {
    socket.destroy();
    // A reconnect that was under way when the server went outlives destroy() and tries for ever, which keeps the test's
    // process from ending. It asks this before each attempt.
    Object.defineProperty(socket, 'shouldConnect', { get: () => false, set: () => {} });
  });
  return socket;
}

// A Hocuspocus client. Options of the provider, and: doc, socket (to share one), wait.
export async function h_client(t, server, workspace, object, version, options = {}) {
  const { doc = new Y.Doc(), client_id, socket, wait = true, ...rest } = options;
  if (client_id !== undefined) doc.clientID = client_id;
  const events = { stateless: [], denied: [], scopes: [], unsynced: [], statuses: [], closed: [] };
  const provider = new kHocuspocus[version].Provider({
    name: object,
    document: doc,
    token: 'none',
    websocketProvider: socket ?? h_socket(t, server, workspace, version),
    onStateless: ({ payload }) => events.stateless.push(payload),
    onAuthenticationFailed: ({ reason }) => events.denied.push(reason),
    onAuthenticated: ({ scope }) => events.scopes.push(scope ?? provider.authorizedScope),
    onUnsyncedChanges: ({ number }) => events.unsynced.push(number),
    onClose: ({ event }) => events.closed.push({ code: event.code, reason: String(event.reason) }),
    ...rest,
  });
  // A socket of one's own is attached by itself only where the provider made it.
  provider.attach();
  t.after(() => {
    provider.destroy();
    doc.destroy();
  });
  const client = { doc, provider, awareness: provider.awareness, text: doc.getText('content'), events, version };
  if (wait) await synced(client);
  return client;
}

// ---- comparing replicas

const equal_bytes = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;

export function same_state(docs) {
  const vectors = docs.map((doc) => Y.decodeStateVector(Y.encodeStateVector(doc)));
  const same_vector = vectors.every(
    (vector) => vector.size === vectors[0].size && [...vector].every(([id, clock]) => vectors[0].get(id) === clock),
  );
  if (!same_vector) return false;
  const deleted = docs.map((doc) => Y.encodeSnapshot(Y.snapshot(doc)));
  return deleted.every((bytes) => equal_bytes(bytes, deleted[0]));
}

// Everything in a document that is of a known root type.
export const kRoots = { content: 'getText', map: 'getMap', array: 'getArray', xml: 'getXmlFragment' };
export function to_json(doc) {
  return Object.fromEntries(
    Object.entries(kRoots).map(([name, getter]) => {
      const type = doc[getter](name);
      return [name, getter === 'getText' ? type.toDelta() : type.toJSON()];
    }),
  );
}

// Keys in one order: that of a Y.Map depends on the order in which a replica heard of them.
const sorted = (_key, value) =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

// What two replicas differ in, for whoever has to find out why.
function describe_state(doc) {
  const vector = [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b);
  const deleted = [...Y.snapshot(doc).ds.clients].sort(([a], [b]) => a - b).map(([id, items]) => [id, items.map(({ clock, len }) => `${clock}+${len}`).join(' ')]);
  const { pendingStructs, pendingDs } = doc.store;
  return JSON.stringify({ vector, deleted, waits_for: pendingStructs && [...pendingStructs.missing], pending_deletions: pendingDs !== null });
}

// Waits until all have the same state vector and deletions, then holds their content, as JSON and as encoded by a
// replica without history, against each other.
export async function converged(clients, ms = 15_000) {
  const docs = clients.map((client) => client.doc ?? client);
  const differing = () => `all have the same state: ${docs.map(describe_state).join('\n')}`;
  await until(() => same_state(docs), differing, ms);
  const [first, ...others] = docs.map((doc) => JSON.stringify(to_json(doc), sorted));
  for (const other of others) if (other !== first) throw new Error(`states are equal, contents are not:\n${first}\n${other}`);
  const [bytes, ...more] = docs.map(normal_form);
  for (const other of more) if (!equal_bytes(other, bytes)) throw new Error('contents are equal, encodings are not');
}

// One encoding of a document, whatever order its structs arrived in.
export function normal_form(doc) {
  const fresh = new Y.Doc();
  Y.applyUpdate(fresh, Y.encodeStateAsUpdate(doc));
  const bytes = Y.encodeStateAsUpdate(fresh);
  fresh.destroy();
  return bytes;
}

// A replica that never was there before: what the server has, and nothing else.
export const fresh = (t, server, workspace, object) => y_client(t, server, workspace, object);
