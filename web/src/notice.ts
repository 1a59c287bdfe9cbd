// What the page says above the text: that it may only be read, that a change was refused, that the server lets nobody in.
// Only the words and what can be done about it, apart from the page so that they can be tested; banner.ts shows them.

import { describe_reason } from './describe.ts';
import type { SessionState } from './session.ts';

/** What a refusal took out of the document. */
export interface Lost {
  reason: string;
  /** What the author wrote and nobody else has; may be empty. */
  text: string;
}

export type NoticeAction = 'token' | 'retry' | 'copy' | 'drop';

export interface Notice {
  about: 'lost' | 'refused' | 'waiting' | 'read-only';
  title: string;
  words: string;
  /** Text that is kept for its author. */
  kept: string;
  actions: NoticeAction[];
}

export const kActionWords: Record<NoticeAction, string> = {
  token: 'Use another token',
  retry: 'Try again',
  copy: 'Copy the text',
  drop: 'Done',
};

const kMostKept = 100_000;

/** Two refusals, one after the other, are one notice. */
export function join_lost(before: Lost | null, now: Lost): Lost {
  const text = [before?.text ?? '', now.text].filter((part) => part.trim() !== '').join('\n');
  return { reason: now.reason, text: text.slice(-kMostKept) };
}

/** `written`: the text that is only here while the server refuses; empty if nothing is. */
export function notices_of(state: SessionState, lost: Lost | null, written: string): Notice[] {
  const notices: Notice[] = [];
  if (lost) notices.push(lost_notice(lost));
  if (state.connection === 'refused') notices.push(refused_notice(state, written));
  else if (state.connection === 'offline' && state.reason) notices.push(waiting_notice(state.reason));
  if (state.read_only && state.connection !== 'refused') notices.push(read_only_notice(state.why_read_only));
  return notices;
}

function sentence(words: string): string {
  const text = describe_reason(words).trim();
  if (!text) return '';
  return text[0]!.toUpperCase() + text.slice(1) + (/[.!?]$/u.test(text) ? '' : '.');
}

const say = (...sentences: string[]) => sentences.filter(Boolean).join(' ');

function lost_notice({ reason, text }: Lost): Notice {
  const kept = text.trim() ? 'What you wrote is kept here until you are done with it.' : '';
  return {
    about: 'lost',
    title: 'Your last change was refused',
    words: say(sentence(reason), 'Nobody else has seen it, and the document is in step again.', kept),
    kept: text,
    actions: text.trim() ? ['copy', 'drop'] : ['drop'],
  };
}

// What the server says if there is none.
const kNoToken = 'a token is required';

const kTitles: Record<number, string> = {
  401: 'The server does not accept your token',
  403: 'You may not open this document',
  404: 'The server does not have this document',
  413: 'Your change is too large for the server',
};

function refused_notice(state: SessionState, written: string): Notice {
  const changes = state.unsaved === 1 ? 'A change of yours is' : `${state.unsaved} changes of yours are`;
  const advice = state.status === 403 ? 'Whoever shares the document can give you a role in it.' : '';
  const title = state.reason === kNoToken ? 'This server asks for a token' : kTitles[state.status];
  return {
    about: 'refused',
    title: title ?? 'The server refuses the connection',
    words: say(state.reason === kNoToken ? '' : sentence(state.reason), advice, state.unsaved > 0 ? `${changes} in this window only.` : ''),
    kept: state.unsaved > 0 ? written : '',
    actions: state.unsaved > 0 && written.trim() ? ['retry', 'token', 'copy'] : ['retry', 'token'],
  };
}

function waiting_notice(reason: string): Notice {
  return { about: 'waiting', title: 'The server does not let you in now', words: say(sentence(reason), 'The page goes on trying.'), kept: '', actions: ['token'] };
}

function read_only_notice(reason: string): Notice {
  const by_token = reason.startsWith('this token');
  const why = by_token ? 'Your token is for reading.' : 'An owner of the document can let you change it.';
  return { about: 'read-only', title: 'You may read this document, not change it', words: why, kept: '', actions: ['token'] };
}
