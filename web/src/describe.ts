// The words for a session's state, apart from the page so that they can be tested.

import type { SessionState } from './session.ts';

export type SavedState = 'loading' | 'saving' | 'saved' | 'kept';

export function describe_connection(state: SessionState): string {
  switch (state.connection) {
    case 'connecting':
      return 'Connecting…';
    case 'online':
      return state.read_only ? 'Online — you may read, not write' : 'Online';
    case 'offline':
      return state.reason ? 'Not let in, retrying…' : 'Offline, retrying…';
    case 'refused':
      return describe_refusal(state.reason);
  }
}

// What the rules of a workspace can refuse in the text that the page shows.
const kRefusedActs: Record<string, string> = {
  insert: 'add text',
  delete: 'delete text',
  format: 'format text',
  write: 'change this document',
  read: 'read this document',
  share: 'share this document',
};

/** The reason of the server; of one that the rules or a quota cause, what it means to whoever reads and writes here. */
export function describe_reason(reason: string): string {
  const limit = /^over the quota: this (tenant|workspace) may have (\d+) (.+)$/u.exec(reason);
  if (limit) {
    const whose = limit[1] === 'tenant' ? 'Your organization' : 'This workspace';
    return `${whose} has reached its limit of ${Number(limit[2]).toLocaleString('en')} ${limit[3]}. Whoever administers it can raise the limit.`;
  }
  const ruled = /^the policy of this (workspace|tenant) does not allow: (\w+)(?: at (\S+)| .+)?$/u.exec(reason);
  const act = ruled && (ruled[3] ?? '/content/*') === '/content/*' ? kRefusedActs[ruled[2]!] : undefined;
  if (act) return `The rules of ${ruled![1] === 'tenant' ? 'your organization' : 'this workspace'} do not let you ${act}.`;
  if (reason.startsWith('over the quota: ')) return 'Your organization changes more at once than it may. Try again in a moment.';
  return reason;
}

function describe_refusal(reason: string): string {
  const words = describe_reason(reason);
  return words === reason ? `Refused: ${reason}` : words;
}

export function describe_saved(state: SessionState): { state: SavedState; words: string } {
  const changes = state.unsaved === 1 ? '1 change' : `${state.unsaved} changes`;
  if (state.unsaved > 0) {
    if (state.connection === 'online') return { state: 'saving', words: 'Saving…' };
    if (state.connection === 'refused') return { state: 'kept', words: `${changes} not saved, kept here only` };
    return { state: 'kept', words: `Offline — ${changes} kept here until you are back` };
  }
  if (!state.loaded) return { state: 'loading', words: state.connection === 'refused' ? 'Not loaded' : 'Loading…' };
  return { state: 'saved', words: 'Saved' };
}

export function describe_count(text: string): string {
  const words = text.match(/\S+/gu)?.length ?? 0;
  return words === 1 ? '1 word' : `${words} words`;
}
