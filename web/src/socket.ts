// What the published y-websocket client lacks: to know what was sent, what of it is durable, and what its user may do.
//
// y-websocket lets its user choose the WebSocket class and add message handlers, so all of it fits without touching it. The
// extensions of the wire protocol are two messages from the server (README.md):
//   varUint 100, varUint count            to clients that connect with `ack=1`
//   varUint 101, varUint kind, text       to clients that connect with `status=1`
// where count is how many more sync step 2 and update messages of this connection are durable now.

import * as decoding from 'lib0/decoding';
import type { SentKind } from './save_tracker.ts';

export const kAckMessage = 100;
export const kStatusMessage = 101;

const kSyncMessage = 0;
const kSyncStep2 = 1;
const kSyncUpdate = 2;

/**
 * What the server says in between. `notice`: it dropped some presence. `refused`: it refused a change for good. `less`: the
 * opener may write on, and only a part of what he could.
 */
export interface Status {
  kind: 'reads' | 'writes' | 'notice' | 'refused' | 'less';
  words: string;
}

const kStatusKinds = ['reads', 'writes', 'notice', 'refused', 'less'] as const;

/** The body of a status message; null for a kind of a later server. */
export function read_status(decoder: decoding.Decoder): Status | null {
  const kind = kStatusKinds[decoding.readVarUint(decoder)];
  return kind ? { kind, words: decoding.readVarString(decoder) } : null;
}

/** Whether these bytes carry document content to the server. */
export function sent_kind(bytes: Uint8Array): SentKind | null {
  if (bytes[0] !== kSyncMessage) return null;
  if (bytes[1] === kSyncStep2) return 'step2';
  return bytes[1] === kSyncUpdate ? 'update' : null;
}

/** A WebSocket that reports each content message as it leaves. */
export function observed_socket(on_sent: (kind: SentKind) => void): typeof WebSocket {
  return class extends WebSocket {
    override send(data: Parameters<WebSocket['send']>[0]): void {
      super.send(data);
      const kind = data instanceof Uint8Array ? sent_kind(data) : null;
      if (kind) on_sent(kind);
    }
  };
}
