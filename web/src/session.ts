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
import type { Rights } from './rights.ts';
import { SaveTracker } from './save_tracker.ts';
import { kAckMessage, kStatusMessage, observed_socket, read_status, type Status } from './socket.ts';
import { UnsavedText } from './unsaved.ts';

export type Connection = 'connecting' | 'online' | 'offline' | 'refused';

export interface SessionState {
  connection: Connection;
  /** The server's content has arrived at least once. */
  loaded: boolean;
  unsaved: number;
  /** Why the server refused, or does not let in now, in its own words; empty otherwise. */
  reason: string;
  /** Of a refusal, as HTTP has it: 401, 403 …; 0: not known. */
  status: number;
  read_only: boolean;
  /** In the words of the server. */
  why_read_only: string;
}

/** What a session tells whoever opened it. */
export interface SessionEvents {
  changed(): void;
  /** The server says that the rights of the opener are others now. */
  rights_changed(): void;
  /** A change was refused for good. Others never see it, nor what was written after it: the document must be loaded anew. */
  edit_refused(reason: string): void;
  /** A connection failed before it began. Browsers do not say why. */
  kept_out(): void;
}

/** The root that every Syncline text client shares. */
export const kRootName = 'content';

const kTokenReads = 'this token may read only';
const kAuthMessage = 2;
const kReasonLimit = 200;

export class Session {
  readonly doc = new Y.Doc();
  readonly text: Y.Text;
  readonly awareness: Awareness;
  private readonly provider_: WebsocketProvider;
  private readonly tracker_ = new SaveTracker();
  private readonly unsaved_text_: UnsavedText;
  private readonly events_: SessionEvents;
  private let_in_ = false;
  private state_: Omit<SessionState, 'unsaved'> = { connection: 'connecting', loaded: false, reason: '', status: 0, read_only: false, why_read_only: '' };
  private name_: string;
  private me_: Me | null = null;

  constructor(address: Address, name: string, events: SessionEvents) {
    this.events_ = events;
    this.name_ = name;
    this.text = this.doc.getText(kRootName);
    this.unsaved_text_ = new UnsavedText(this.text);
    const { server, room } = socket_url(address, location);
    this.watch_edits_();
    this.provider_ = new WebsocketProvider(server, room, this.doc, {
      connect: false,
      params: { ack: '1', status: '1', ...(address.token ? { token: address.token } : {}) },
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

  /** What was written here and is not confirmed: runs of text. */
  get unsaved_text(): string[] {
    return this.unsaved_text_.runs;
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
    const verified = this.me_?.verified ?? false;
    const color = color_of(color_key(this.me_?.principal, name, verified));
    return { id: this.doc.clientID, name, color, verified, principal: verified ? this.me_!.principal : '' };
  }

  /** Who the server says this is. A name that a token says holds; others are one's own choice. */
  identify(me: Me): void {
    this.me_ = me;
    this.announce_();
    // No rules of a workspace give more than the token.
    this.set_(me.rights === 'read' ? { read_only: true, why_read_only: kTokenReads } : {});
  }

  /** What the server says about the opener's rights. */
  allow(rights: Rights): void {
    this.set_({ read_only: !rights.write, why_read_only: rights.why_not_write });
  }

  /** The server refuses the opener, as it said elsewhere. */
  refuse(status: number, reason: string): void {
    this.refused_(reason, status);
    this.provider_.disconnect();
  }

  /** Why there is no connection now, as the server said elsewhere. The session goes on trying. */
  explain(reason: string): void {
    if (this.state_.connection === 'offline' || this.state_.connection === 'connecting') this.set_({ reason });
  }

  /** True if the token says the name, so that it cannot be chosen. */
  get named_by_token(): boolean {
    return Boolean(this.me_?.verified && this.me_.name);
  }

  /** Goes on with another token; what is not saved yet is kept. */
  renew(token: string | null): void {
    const { token: _before, ...params } = this.provider_.params;
    this.provider_.params = token ? { ...params, token } : params;
    this.again_();
  }

  rename(name: string): void {
    this.name_ = name;
    this.announce_();
  }

  readonly reconnect = (): void => {
    const refused = this.state_.connection === 'refused';
    if (!refused && (this.provider_.wsconnected || this.provider_.wsconnecting)) return;
    this.again_();
  };

  close(): void {
    window.removeEventListener('offline', this.go_offline_);
    window.removeEventListener('online', this.reconnect);
    this.provider_.destroy();
    this.awareness.destroy();
    this.doc.destroy();
  }

  private again_(): void {
    this.provider_.disconnect();
    this.set_({ connection: 'connecting', reason: '', status: 0 });
    this.provider_.connect();
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
      this.unsaved_text_.edited();
      this.events_.changed();
    });
  }

  private watch_provider_(): void {
    const provider = this.provider_;
    provider.on('status', ({ status }) => {
      if (status === 'connecting') this.let_in_ = false;
      else if (status === 'connected') this.connected_();
    });
    // Of null, this side closed.
    provider.on('connection-close', (event) => this.lost_(event));
    provider.on('closed', ({ code, reason }) => this.refused_(reason || `closed with code ${code}`, code - 4000));
    provider.on('sync', (synced) => {
      if (synced) this.set_({ loaded: true });
    });
    provider.messageHandlers[kAckMessage] = (_reply, decoder) => {
      this.tracker_.confirmed(decoding.readVarUint(decoder));
      this.unsaved_text_.settle(this.tracker_.unsaved);
      this.events_.changed();
    };
    provider.messageHandlers[kStatusMessage] = (_reply, decoder) => {
      const status = read_status(decoder);
      if (status) this.told_(status);
    };
    // To a client that asked for the status, it comes before the connection is closed for good, which may take a while.
    provider.messageHandlers[kAuthMessage] = (_reply, decoder) => {
      decoding.readVarUint(decoder);
      this.refused_(decoding.readVarString(decoder), 0);
    };
    this.awareness.on('change', () => this.events_.changed());
  }

  private told_({ kind, words }: Status): void {
    if (kind === 'refused') return this.events_.edit_refused(words);
    if (kind === 'notice') return;
    // Whether the text is in the part that is left, the question says.
    if (kind !== 'less') this.set_({ read_only: kind === 'reads' });
    this.events_.rights_changed();
  }

  private connected_(): void {
    this.let_in_ = true;
    this.tracker_.connected();
    this.set_({ connection: 'online', reason: '', status: 0 });
    // Others dropped this client when it left. They take it back only with a newer clock, which setting the state gives.
    this.awareness.setLocalState(this.awareness.getLocalState());
  }

  private lost_(event: CloseEvent | null): void {
    if (this.state_.connection === 'refused') return;
    const reason = event?.reason || (this.let_in_ ? '' : this.state_.reason);
    this.set_({ connection: 'offline', reason: reason.slice(0, kReasonLimit) });
    if (event && !this.let_in_) this.events_.kept_out();
  }

  private refused_(reason: string, status: number): void {
    this.set_({ connection: 'refused', reason: reason.slice(0, kReasonLimit), status });
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
    this.events_.changed();
  }
}
