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
      return 'Offline, retrying…';
    case 'refused':
      return `Refused: ${state.reason}`;
  }
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
