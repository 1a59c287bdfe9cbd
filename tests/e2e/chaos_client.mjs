// A published Yjs client as a process of its own, told what to edit by `syncline chaos`: yjs with the provider of
// y-websocket or of Hocuspocus, unmodified.
//
//   node chaos_client.mjs ws://127.0.0.1:4400 WORKSPACE OBJECT TOKEN y|hocuspocus
//
// A line of JSON each way. In: {"edits": [[operation, ...], ...]} is one transaction; {"online": true or false};
// {"report": true}. Out: {"id"} at first; {"lengths": [text, list, tree]} now and then; {"acked": [update in base64, ...]}
// when the server has confirmed edits; {"state": update in base64, "in_step": …, "waiting": …} as a report; {"error"}.
// Ends when its stdin does.

import { createInterface } from 'node:readline';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { Promises } from './lib/observed_socket.mjs';

const [url, workspace, object, token, protocol] = process.argv.slice(2);
const doc = new Y.Doc();
const text = doc.getText('content');
const map = doc.getMap('meta');
const list = doc.getArray('list');
const tree = doc.getXmlFragment('tree');

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const base64 = (bytes) => Buffer.from(bytes).toString('base64');
process.on('uncaughtException', (error) => say({ error: String(error?.stack ?? error) }));

const promises = new Promises(protocol);

// The provider, and who connects it.
function connect_y() {
  const provider = new WebsocketProvider(`${url}/y/${workspace}`, object, doc, {
    WebSocketPolyfill: promises.Socket,
    disableBc: true,
    maxBackoffTime: 500,
    params: { ack: '1', token },
  });
  provider.messageHandlers[100] = () => {};
  return [provider, provider];
}

function connect_hocuspocus() {
  const socket = new HocuspocusProviderWebsocket({
    url: `${url}/hocuspocus/${workspace}`,
    WebSocketPolyfill: promises.Socket,
    delay: 50,
    minDelay: 20,
    maxDelay: 500,
  });
  const provider = new HocuspocusProvider({ name: object, document: doc, token, websocketProvider: socket });
  provider.attach();
  return [provider, socket];
}

const [provider, connection] = protocol === 'hocuspocus' ? connect_hocuspocus() : connect_y();

// Who tells what to do knows lengths only roughly: places and counts mean "or what is left of it".
const place = (at, length) => Math.min(at, length);
const operations = {
  insert_text: (at, words) => text.insert(place(at, text.length), words),
  erase_text: (at, count) => {
    const from = place(at, text.length);
    text.delete(from, Math.min(count, text.length - from));
  },
  format_text: (at, count, name, value) => {
    const from = place(at, text.length);
    text.format(from, Math.min(count, text.length - from), { [name]: value });
  },
  set_key: (key, value) => map.set(key, value),
  erase_key: (key) => map.delete(key),
  set_key_to_text: (key) => map.set(key, new Y.Text()),
  insert_list: (at, values) => list.insert(place(at, list.length), values),
  insert_list_map: (at, key, value) => list.insert(place(at, list.length), [new Y.Map([[key, value]])]),
  erase_list: (at) => { if (at < list.length) list.delete(at, 1); },
  insert_tree: (at) => {
    const element = new Y.XmlElement('p');
    element.insert(0, [new Y.XmlText()]);
    tree.insert(place(at, tree.length), [element]);
  },
  erase_tree: (at) => { if (at < tree.length) tree.delete(at, 1); },
};

let edit = null;  // the transaction under way, and the update that it made
doc.on('update', (update, origin) => {
  if (origin === 'chaos' && edit !== null) edit.update = base64(update);
});

function tell_confirmed() {
  const acked = promises.confirmed.splice(0).map(({ update }) => update).filter((update) => update !== undefined);
  if (acked.length > 0) say({ acked });
}

// An edit that changed nothing made no update, and nobody will confirm it.
const unsent = () => promises.unsent.filter(({ update }) => update !== undefined).length;
const in_step = () => provider.synced && unsent() === 0 && promises.in_flight === 0;

createInterface({ input: process.stdin }).on('line', (line) => {
  const { edits, online, report } = JSON.parse(line);
  if (edits !== undefined) {
    edit = {};
    promises.edit(edit, () => doc.transact(() => {
      for (const [operation, ...values] of edits) operations[operation](...values);
    }, 'chaos'));
    edit = null;
    say({ lengths: [text.length, list.length, tree.length] });
  }
  if (online === true) connection.connect();
  if (online === false) connection.disconnect();
  if (report) {
    tell_confirmed();
    say({ state: base64(Y.encodeStateAsUpdate(doc)), in_step: in_step(), waiting: unsent() + promises.in_flight });
  }
}).on('close', () => process.exit(0));

setInterval(tell_confirmed, 20);
say({ id: doc.clientID });
