// What the published y-websocket client lacks: to know what was sent, and what of it is durable.
//
// y-websocket lets its user choose the WebSocket class and add message handlers, so both halves fit without touching it. The
// extension of the wire protocol is one message from the server, sent only to clients that connect with `ack=1`:
//   varUint 100, varUint count
// where count is how many more sync step 2 and update messages of this connection are durable now (README.md).

import type { SentKind } from './save_tracker.ts';

export const kAckMessage = 100;

const kSyncMessage = 0;
const kSyncStep2 = 1;
const kSyncUpdate = 2;

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
