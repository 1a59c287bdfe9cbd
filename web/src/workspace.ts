// What the server tells of a workspace: its objects, who has them open, and what was deleted.

import { encode_path, type Address } from './address.ts';
import { about, ask, in_workspace } from './api.ts';
import { clean_name } from './people.ts';
import { author_name } from './past.ts';

export interface ObjectRow {
  object: string;
  type: string;
  size: number;
  /** In milliseconds; 0: not known. */
  changed: number;
  /** Who made the last change, in words; empty for those who may not see the history. */
  author: string;
  damaged: boolean;
}

export interface Present {
  object: string;
  people: { principal: string; name: string; verified: boolean; connections: number }[];
}

export interface Deleted {
  object: string;
  deleted: number;
  erase_at: number;
}

export const kTypeWords: Record<string, string> = { doc: 'Document', blob: 'File', stream: 'Stream' };

/** The workspace that the path names: "/w/team", also below a tenant. */
export function workspace_of(pathname: string): string {
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The page of an object, from the page of its workspace. */
export function object_link(workspace: string, object: string): string {
  return `../#/${encodeURIComponent(workspace)}/${encode_path(object)}`;
}

type Said = Record<string, unknown>;

export function read_rows(body: unknown): { rows: ObjectRow[]; next: string | null } {
  const said = body as { details?: Said[]; next?: unknown } | null;
  const rows = (said?.details ?? []).map((each): ObjectRow => {
    const { object, type, size, time, principal, name, verified, actor } = each;
    const known = typeof principal === 'string';
    const maker = { text: '', position: 0, time: '', principal: known ? principal : '', actor: typeof actor === 'string' ? actor : '', name: clean_name(name), verified: verified === true };
    return {
      object: String(object),
      type: typeof type === 'string' ? type : '',
      size: typeof size === 'number' ? size : 0,
      changed: typeof time === 'string' ? Date.parse(time) || 0 : 0,
      author: !known ? '' : principal === 'anonymous' && !clean_name(name) ? 'a guest' : author_name(maker),
      damaged: each['damaged'] === true,
    };
  });
  return { rows, next: typeof said?.next === 'string' ? said.next : null };
}

export function read_deleted(body: unknown, now: number): Deleted[] {
  const said = (body as { objects?: Said[] } | null)?.objects ?? [];
  return said
    .filter((each) => each['erased'] !== true && typeof each['object'] === 'string')
    .map((each) => ({ object: String(each['object']), deleted: Date.parse(String(each['deleted'])) || 0, erase_at: Date.parse(String(each['erase_at'])) || 0 }))
    .filter((each) => each.erase_at > now)
    .sort((a, b) => b.deleted - a.deleted);
}

export async function list_objects(address: Address, prefix: string, after: string | null): Promise<{ rows: ObjectRow[]; next: string | null }> {
  const query = new URLSearchParams({ details: '1', limit: '100', prefix, ...(after === null ? {} : { after }) });
  return read_rows(await (await ask(address, `${in_workspace(address, 'objects')}?${query}`)).json());
}

export async function list_present(address: Address): Promise<Present[]> {
  const read = (await (await ask(address, in_workspace(address, 'present'))).json()) as { open: Present[] };
  return read.open.map((each) => ({ ...each, people: each.people.map((person) => ({ ...person, name: clean_name(person.name), verified: person.verified === true })) }));
}

export async function list_deleted(address: Address): Promise<Deleted[]> {
  return read_deleted(await (await ask(address, in_workspace(address, 'deletions'))).json(), Date.now());
}

export async function rename_object(address: Address, to: string): Promise<void> {
  await ask(address, `${about(address, 'rename')}?to=${encodeURIComponent(to)}`, { method: 'POST' });
}

export async function delete_object(address: Address): Promise<void> {
  await ask(address, about(address, 'objects'), { method: 'DELETE' });
}

export async function undelete_object(address: Address): Promise<void> {
  await ask(address, about(address, 'undelete'), { method: 'POST' });
}

/** Everybody once, with a count for those who share a principal. */
export function people_here(present: readonly Present[]): { name: string; key: string; verified: boolean }[] {
  const people = new Map<string, { name: string; key: string; verified: boolean }>();
  let guests = 0;
  for (const { people: here } of present) {
    for (const person of here) {
      if (person.name === '' || !person.verified) guests += person.connections;
      else people.set(person.principal, { name: person.name, key: person.principal, verified: true });
    }
  }
  const known = [...people.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  if (guests > 0) known.push({ name: guests === 1 ? '1 guest' : `${guests} guests`, key: 'guests', verified: false });
  return known;
}
