// One open document: its Y.Doc, its connection, who else is there, and what is not yet durable.
// Owns all three; `close()` ends them. Says nothing about how any of it looks.

import * as decoding from 'lib0/decoding';
import type { Awareness } from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { socket_url, type Address } from './address.ts';
import { color_of } from './color.ts';
import type { Me } from './me.ts';
import { color_key, read_person, type Person } from './people.ts';
import { SaveTracker } from './save_tracker.ts';
import { kAckMessage, observed_socket } from './socket.ts';

export type Connection = 'connecting' | 'online' | 'offline' | 'refused';

export interface SessionState {
  connection: Connection;
  /** The server's content has arrived at least once. */
  loaded: boolean;
  unsaved: number;
  /** Why the server refused, in its own words; empty otherwise. */
  reason: string;
  /** The token allows no changes. */
  read_only: boolean;
}

/** The root that every Syncline text client shares. */
export const kRootName = 'content';

const kAuthMessage = 2;
const kReasonLimit = 200;

export class Session {
  readonly doc = new Y.Doc();
  readonly text: Y.Text;
  readonly awareness: Awareness;
  private readonly provider_: WebsocketProvider;
  private readonly tracker_ = new SaveTracker();
  private readonly on_change_: () => void;
  private state_: Omit<SessionState, 'unsaved'> = { connection: 'connecting', loaded: false, reason: '', read_only: false };
  private name_: string;
  private me_: Me | null = null;

  constructor(address: Address, name: string, on_change: () => void) {
    this.on_change_ = on_change;
    this.name_ = name;
    this.text = this.doc.getText(kRootName);
    const { server, room } = socket_url(address, location);
    this.watch_edits_();
    this.provider_ = new WebsocketProvider(server, room, this.doc, {
      connect: false,
      params: { ack: '1', ...(address.token ? { token: address.token } : {}) },
      // Another window of the same browser must see only what the server has made durable.
      disableBc: true,
      WebSocketPolyfill: observed_socket((kind) => this.tracker_.sent(kind)),
    });
    this.awareness = this.provider_.awareness;
    this.announce_();
    this.watch_provider_();
    window.addEventListener('offline', this.go_offline_);
    window.addEventListener('online', this.reconnect);
    if (navigator.onLine) this.provider_.connect();
    else this.set_({ connection: 'offline' });
  }

  get state(): SessionState {
    return { ...this.state_, unsaved: this.tracker_.unsaved };
  }

  /** Everyone else, in an order that does not jump about. */
  get others(): Person[] {
    return [...this.awareness.getStates()]
      .filter(([id, state]) => id !== this.doc.clientID && state['user'])
      .map(([id, state]) => read_person(id, state))
      .sort((a, b) => a.id - b.id);
  }

  get me(): Person {
    const name = this.own_name_();
    return { id: this.doc.clientID, name, color: color_of(color_key(this.me_?.principal, name, this.me_?.verified)), verified: this.me_?.verified ?? false };
  }

  /** Who the server says this is. A name that a token says holds; others are one's own choice. */
  identify(me: Me): void {
    this.me_ = me;
    this.announce_();
    this.set_({ read_only: me.rights === 'read' });
  }

  /** True if the token says the name, so that it cannot be chosen. */
  get named_by_token(): boolean {
    return Boolean(this.me_?.verified && this.me_.name);
  }

  /** Goes on with another token; what is not saved yet is kept. */
  renew(token: string | null): void {
    const { token: _before, ...params } = this.provider_.params;
    this.provider_.params = token ? { ...params, token } : params;
    this.provider_.disconnect();
    this.set_({ connection: 'connecting', reason: '' });
    this.provider_.connect();
  }

  rename(name: string): void {
    this.name_ = name;
    this.announce_();
  }

  readonly reconnect = (): void => {
    if (this.provider_.wsconnected || this.provider_.wsconnecting) return;
    this.set_({ connection: 'connecting', reason: '' });
    this.provider_.connect();
  };

  close(): void {
    window.removeEventListener('offline', this.go_offline_);
    window.removeEventListener('online', this.reconnect);
    this.provider_.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }

  // A socket can take half a minute to notice that the network went; the browser knows at once.
  private readonly go_offline_ = (): void => {
    this.provider_.disconnect();
    this.set_({ connection: 'offline' });
  };

  // Must come before the provider, whose own listener sends the update: the tracker counts an edit, then its message.
  private watch_edits_(): void {
    this.doc.on('update', (_update: Uint8Array, origin: unknown) => {
      if (origin === this.provider_) return;
      this.tracker_.edited();
      this.on_change_();
    });
  }

  private watch_provider_(): void {
    const provider = this.provider_;
    provider.on('status', ({ status }) => {
      if (status === 'connected') this.connected_();
      else if (status === 'disconnected') this.set_({ connection: 'offline' });
    });
    provider.on('connection-close', () => {
      if (this.state_.connection !== 'refused') this.set_({ connection: 'offline' });
    });
    provider.on('closed', ({ code, reason }) => this.refused_(reason || `closed with code ${code}`));
    provider.on('sync', (synced) => {
      if (synced) this.set_({ loaded: true });
    });
    provider.messageHandlers[kAckMessage] = (_reply, decoder) => {
      this.tracker_.confirmed(decoding.readVarUint(decoder));
      this.on_change_();
    };
    provider.messageHandlers[kAuthMessage] = (_reply, decoder) => {
      decoding.readVarUint(decoder);
      this.refused_(decoding.readVarString(decoder));
    };
    this.awareness.on('change', this.on_change_);
  }

  private connected_(): void {
    this.tracker_.connected();
    this.set_({ connection: 'online', reason: '' });
    // Others dropped this client when it left. They take it back only with a newer clock, which setting the state gives.
    this.awareness.setLocalState(this.awareness.getLocalState());
  }

  private refused_(reason: string): void {
    this.set_({ connection: 'refused', reason: reason.slice(0, kReasonLimit) });
    this.provider_.disconnect();
    this.set_({ connection: 'refused' });
  }

  private announce_(): void {
    const { name, color } = this.me;
    const id = this.me_?.verified ? this.me_.principal : '';
    this.awareness.setLocalStateField('user', { ...(id ? { id } : {}), name, color, colorLight: `${color}33` });
  }

  private own_name_(): string {
    return this.named_by_token ? this.me_!.name : this.name_;
  }

  private set_(change: Partial<typeof this.state_>): void {
    this.state_ = { ...this.state_, ...change };
    this.on_change_();
  }
}
