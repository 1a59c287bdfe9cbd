// What a client was promised, read off its wire: which of its edits the server has confirmed as durable.
//
// A WebSocket for the published providers that looks at messages as they pass and changes none. Updates, and answers to
// step 1, which are updates too, are confirmed in the order in which they were sent: by SyncStatus in the Hocuspocus
// protocol, by message 100 in y-websocket's with `?ack=1` (src/protocol/y_sync.h).

import * as decoding from 'lib0/decoding';
import WebSocket from 'ws';

const kSync = 0;
const kHocuspocusStatus = 8;
const kYSaved = 100;
const kStep1 = 0;
const kStep2 = 1;

export class Promises {
  // 'y' or 'hocuspocus'.
  constructor(protocol) {
    this.protocol = protocol;
    this.confirmed = [];  // edits, in the order of their confirmation
    this.unsent = [];     // edits that only the next answer to step 1 will carry
    this.waiting = [];    // one entry per unconfirmed message of this connection: the edits in it
    this.current = [];    // edits of the transaction under way
    this.socket = null;
    const promises = this;
    this.Socket = class extends WebSocket {
      constructor(...args) {
        super(...args);
        this.on('error', () => {});
        promises.opened(this);
        this.on('message', (bytes) => promises.received(this, bytes));
      }
      send(bytes, ...rest) {
        promises.sent(this, bytes);
        super.send(bytes, ...rest);
      }
    };
  }

  // Runs `transaction`, which makes the edit; the provider sends its update meanwhile, or never.
  edit(edit, transaction) {
    this.current = [edit];
    transaction();
    this.unsent.push(...this.current);
    this.current = [];
  }

  get in_flight() {
    return this.waiting.reduce((sum, edits) => sum + edits.length, 0);
  }

  opened(socket) {
    this.socket = socket;
    this.unsent = [...this.waiting.flat(), ...this.unsent];
    this.waiting = [];
  }

  header(bytes) {
    const decoder = decoding.createDecoder(new Uint8Array(bytes));
    if (this.protocol === 'hocuspocus') decoding.readVarString(decoder);
    return { type: decoding.readVarUint(decoder), decoder };
  }

  sent(socket, bytes) {
    if (socket !== this.socket || socket.readyState !== WebSocket.OPEN) return;
    const { type, decoder } = this.header(bytes);
    if (type !== kSync) return;
    const kind = decoding.readVarUint(decoder);
    if (kind === kStep1) return;
    const edits = kind === kStep2 ? [...this.unsent, ...this.current] : this.current;
    if (kind === kStep2) this.unsent = [];
    this.current = [];
    this.waiting.push(edits);
  }

  received(socket, bytes) {
    if (socket !== this.socket) return;
    const { type, decoder } = this.header(bytes);
    if (type !== (this.protocol === 'y' ? kYSaved : kHocuspocusStatus)) return;
    const count = decoding.readVarUint(decoder);
    if (count > this.waiting.length) throw new Error(`${count} updates confirmed, but ${this.waiting.length} were sent`);
    for (const edits of this.waiting.splice(0, count)) this.confirmed.push(...edits);
  }
}
