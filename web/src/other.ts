// Objects that are no documents: files, and streams. What the server refuses to open as a document says which type it is of.

import type { Address } from './address.ts';
import { about, ask } from './api.ts';
import { encode_path } from './address.ts';
import { size_words } from './words.ts';

export type OtherKind = 'blob' | 'stream';

/** The type of an object that is no document, from the reason of the refusal; null for other reasons. */
export function other_kind(reason: string): OtherKind | null {
  const said = /^an object of type '(blob|stream)' cannot be opened/u.exec(reason);
  return said ? (said[1] as OtherKind) : null;
}

/** The new name of a renamed object, from the reason; null for other reasons. */
export function renamed_to(reason: string): string | null {
  return /^renamed to (.+)$/u.exec(reason)?.[1] ?? null;
}

const kMostShown = 200;
const kMostText = 200_000;
const kMostPicture = 64 << 20;

function make(tag: string, name = '', text = ''): HTMLElement {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text) made.textContent = text;
  return made;
}

interface FileState {
  hash: string;
  bytes: number;
  media_type: string;
  file_name?: string;
}

const kPictures = /^image\/(png|jpeg|gif|webp|avif)$/u;

/** Draws the file, read with the token of the address. The addresses of what it made are released by `signal`. */
export async function draw_file(address: Address, signal: AbortSignal): Promise<HTMLElement> {
  const read = (await (await ask(address, about(address, 'objects'), { signal })).json()) as { state: FileState };
  const { bytes, media_type, file_name, hash } = read.state;
  const box = make('section', 'view-file');
  box.dataset['testid'] = 'view-file';
  const name = file_name || address.object.split('/').pop()!;
  box.append(make('h2', 'view-name', name));
  const facts = make('p', 'view-facts', `${media_type} · ${size_words(bytes)}`);
  facts.title = `SHA-256 ${hash}`;
  box.append(facts);
  const get = make('button', 'button strong', 'Download') as HTMLButtonElement;
  get.type = 'button';
  get.dataset['testid'] = 'view-download';
  get.addEventListener('click', () => void download(address, name));
  const picture = kPictures.test(media_type) && bytes <= kMostPicture;
  if (picture) box.append(await draw_picture(address, name, signal));
  else if (/^text\/|json$/u.test(media_type) && bytes <= kMostText) box.append(await draw_text(address, signal));
  box.append(get);
  return box;
}

async function bytes_of(address: Address, signal?: AbortSignal): Promise<Blob> {
  return (await ask(address, about(address, 'files'), signal ? { signal } : {})).blob();
}

async function draw_picture(address: Address, name: string, signal: AbortSignal): Promise<HTMLElement> {
  const url = URL.createObjectURL(await bytes_of(address, signal));
  signal.addEventListener('abort', () => URL.revokeObjectURL(url));
  const image = make('img') as HTMLImageElement;
  image.src = url;
  image.alt = name;
  return image;
}

async function draw_text(address: Address, signal: AbortSignal): Promise<HTMLElement> {
  const text = make('pre', 'view-code', await (await bytes_of(address, signal)).text());
  text.tabIndex = 0;
  return text;
}

async function download(address: Address, name: string): Promise<void> {
  const url = URL.createObjectURL(await bytes_of(address));
  const link = make('a') as HTMLAnchorElement;
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

interface StreamState {
  content_type: string;
  closed: boolean;
  bytes: number;
  appends: number;
}

/** The first messages of a stream, and what is known of it. */
export async function draw_stream(address: Address, signal: AbortSignal): Promise<HTMLElement> {
  const state = ((await (await ask(address, about(address, 'objects'), { signal })).json()) as { state: StreamState }).state;
  const box = make('section', 'view-stream');
  box.dataset['testid'] = 'view-stream';
  box.append(make('h2', 'view-name', address.object));
  const many = state.appends === 1 ? '1 append' : `${state.appends.toLocaleString('en')} appends`;
  box.append(make('p', 'view-facts', `${state.content_type} · ${many} · ${size_words(state.bytes)}${state.closed ? ' · closed' : ''}`));
  const path = `/streams/${encodeURIComponent(address.workspace)}/${encode_path(address.object)}`;
  const response = await ask(address, path, { signal });
  const text = await response.text();
  const more = response.headers.get('Stream-Up-To-Date') !== 'true';
  box.append(state.content_type.startsWith('application/json') ? draw_messages(text) : plain(text));
  if (more || text.length > kMostText) box.append(make('p', 'view-cut', 'The stream is longer than what is shown here.'));
  return box;
}

function plain(text: string): HTMLElement {
  const box = make('pre', 'view-code', text.slice(0, kMostText));
  box.tabIndex = 0;
  return box;
}

function draw_messages(text: string): HTMLElement {
  let messages: unknown[];
  try {
    messages = JSON.parse(text || '[]') as unknown[];
  } catch {
    return plain(text);
  }
  if (messages.length === 0) return make('p', 'view-facts', 'There is no message yet.');
  const list = make('ol', 'view-messages');
  for (const message of messages.slice(0, kMostShown)) {
    const item = make('li');
    item.dataset['testid'] = 'view-message';
    item.append(make('code', '', JSON.stringify(message).slice(0, 4000)));
    list.append(item);
  }
  if (messages.length <= kMostShown) return list;
  const box = make('div');
  box.append(list, make('p', 'view-cut', `and ${(messages.length - kMostShown).toLocaleString('en')} more`));
  return box;
}
