// Clients that type tags: text that occurs once in the world, so that what was lost, doubled or invented can be named.
//
// A tag "[ada.17]" goes into the text (always between other tags, so that it stays in one piece) and into an array.
// Now and then a client deletes a tag of its own again.

import { Y, h_client, h_socket, y_client } from './clients.mjs';
import { Promises } from './observed_socket.mjs';

const kTag = /\[[^\]]*\]/g;

export const tags_of = (doc) => doc.getText('content').toString().match(kTag) ?? [];

export class Typist {
  constructor(name, random) {
    this.name = name;
    this.random = random;
    this.doc = new Y.Doc();
    this.edits = [];      // { kind: 'insert' | 'delete', tag, clock }
  }

  async connect(t, server, workspace, object, protocol) {
    this.place = { workspace, object };
    this.promises = new Promises(protocol === 'y' ? 'y' : 'hocuspocus');
    const { Socket } = this.promises;
    if (protocol === 'y') {
      const options = { doc: this.doc, params: { ack: '1' }, WebSocketPolyfill: Socket, maxBackoffTime: 100 };
      this.client = await y_client(t, server, workspace, object, options);
    } else {
      this.h_socket = h_socket(t, server, workspace, protocol, { WebSocketPolyfill: Socket });
      this.client = await h_client(t, server, workspace, object, protocol, { doc: this.doc, socket: this.h_socket });
    }
    return this;
  }

  // Stays away when the connection breaks, until back().
  stay_away() {
    (this.h_socket ?? this.client.provider).shouldConnect = false;
  }

  back() {
    (this.h_socket ?? this.client.provider).connect();
  }

  get connected() {
    return this.h_socket ? this.h_socket.status !== 'disconnected' : this.client.provider.ws !== null;
  }

  type() {
    const { doc, random } = this;
    const text = doc.getText('content');
    const array = doc.getArray('tags');
    const mine = this.random.chance(0.1) ? tags_of(doc).filter((tag) => tag.startsWith(`[${this.name}.`)) : [];
    const edit = mine.length > 0
      ? { kind: 'delete', tag: random.pick(mine) }
      : { kind: 'insert', tag: `[${this.name}.${this.edits.length}]` };
    this.promises.edit(edit, () => doc.transact(() => {
      if (edit.kind === 'delete') {
        text.delete(text.toString().indexOf(edit.tag), edit.tag.length);
        array.delete(array.toArray().indexOf(edit.tag), 1);
      } else {
        const gaps = text.toString();
        text.insert(random.chance(0.3) ? gaps.length : gaps.indexOf(']', random.below(gaps.length + 1)) + 1, edit.tag);
        array.insert(random.below(array.length + 1), [edit.tag]);
      }
    }));
    edit.clock = Y.getState(doc.store, doc.clientID);
    this.edits.push(edit);
  }
}

// What a replica has of a client beyond its state vector, because something before it is missing: a test of a clock.
// A client that types before the server has asked for what it wrote offline sends such updates.
function waiting_for_more(doc, client) {
  const pending = doc.store.pendingStructs;
  const structs = pending === null ? [] : Y.decodeUpdateV2(pending.update).structs.filter((struct) => struct.id.client === client && struct.constructor !== Y.Skip);
  return (clock) => structs.some(({ id, length }) => id.clock < clock && clock <= id.clock + length);
}

// What is wrong with `found`, a replica loaded from the server while nobody else was connected: a list of complaints.
// `seen.waiting` counts confirmed edits that are stored and wait for earlier ones of their author; once all have
// converged (`settled`) there is nothing left to wait for.
export function complaints(found, typists, { seen = { waiting: 0 }, settled = false } = {}) {
  const wrong = [];
  const vector = Y.decodeStateVector(Y.encodeStateVector(found));
  const count = new Map();
  for (const tag of tags_of(found)) count.set(tag, (count.get(tag) ?? 0) + 1);
  const in_array = found.getArray('tags').toArray();
  for (const [tag, n] of count) if (n > 1) wrong.push(`${tag} is there ${n} times`);
  if (new Set(in_array).size !== in_array.length) wrong.push('the array has duplicates');
  if ([...count.keys()].sort().join() !== [...in_array].sort().join()) wrong.push('text and array do not hold the same tags');

  const by_name = new Map(typists.map((typist) => [typist.name, new Map(typist.edits.filter((e) => e.kind === 'insert').map((e) => [e.tag, e]))]));
  for (const tag of count.keys()) {
    if (!by_name.get(tag.slice(1, tag.indexOf('.')))?.has(tag)) wrong.push(`${tag} was never typed`);
  }
  for (const typist of typists) {
    const { clientID } = typist.doc;
    const gone = new Set(typist.edits.filter((e) => e.kind === 'delete').map((e) => e.tag));
    const have = vector.get(clientID) ?? 0;
    const waits = waiting_for_more(found, clientID);
    for (const edit of typist.promises.confirmed) {
      if (!settled && edit.kind === 'insert' && edit.clock > have && waits(edit.clock)) {
        ++seen.waiting;
        continue;
      }
      if (edit.kind === 'delete' && count.has(edit.tag)) wrong.push(`the confirmed deletion of ${edit.tag} is undone`);
      if (edit.kind === 'insert' && !count.has(edit.tag) && !gone.has(edit.tag)) wrong.push(`the confirmed ${edit.tag} is lost`);
      if (edit.kind === 'insert' && edit.clock > have) wrong.push(`confirmed up to clock ${edit.clock} of ${typist.name}, there is ${have}, pending ${found.store.pendingStructs ? [...found.store.pendingStructs.missing] : 'nothing'}`);
    }
    if (have > Y.getState(typist.doc.store, clientID)) wrong.push(`${typist.name} never got as far as clock ${have}`);
    for (const other of typists) {
      if (other === typist) continue;
      const shown = Y.getState(other.doc.store, clientID);
      if (shown > have) wrong.push(`${other.name} was shown ${typist.name} up to clock ${shown}, there is ${have}`);
      for (const tag of gone) {
        if (count.has(tag) && !tags_of(other.doc).includes(tag) && shown >= by_name.get(typist.name).get(tag).clock) {
          wrong.push(`${other.name} was shown that ${tag} was deleted, it is there`);
        }
      }
    }
  }
  return wrong;
}
