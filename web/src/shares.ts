// What the server tells of the roles in a document, and the words for them.

import { to_hash, type Address } from './address.ts';
import type { Person } from './people.ts';

export const kRoles = ['viewer', 'annotator', 'editor', 'owner'] as const;
export type Role = (typeof kRoles)[number];

const kMostSuggested = 12;

export const kRoleWords: Record<Role, string> = {
  viewer: 'can read',
  annotator: 'can comment',
  editor: 'can edit',
  owner: 'owns it',
};

export interface Share {
  /** A document, a folder if it ends with a slash, or '' for the workspace. */
  resource: string;
  /** "principal:ann", "group:design", "everyone". */
  to: string;
  role: Role;
  /** Of a link: when it ends, in milliseconds; otherwise null. */
  expires: number | null;
}

export interface Sharing {
  /** Those of the document, of the folders around it and of the workspace. */
  shares: Share[];
  /** False: nobody has been given a role yet, and every token counts for itself. */
  ruled: boolean;
  /** There are policies, too, which may allow or forbid more. */
  policies: boolean;
}

function is_role(role: unknown): role is Role {
  return kRoles.includes(role as Role);
}

function read_share(said: unknown): Share | null {
  const { resource, to, role, expires } = (said ?? {}) as Record<string, unknown>;
  if (typeof resource !== 'string' || typeof to !== 'string' || !is_role(role)) return null;
  const end = typeof expires === 'string' ? Date.parse(expires) : NaN;
  return { resource, to, role, expires: Number.isNaN(end) ? null : end };
}

export function read_sharing(body: unknown): Sharing | null {
  const said = body as { shares?: unknown; ruled?: unknown; policies?: unknown } | null;
  if (!Array.isArray(said?.shares)) return null;
  const shares = said.shares.map(read_share).filter((share) => share !== null);
  return { shares, ruled: said.ruled === true, policies: typeof said.policies === 'number' && said.policies > 0 };
}

/** Links are made on the document itself. */
export function links_of(sharing: Sharing, address: Address, now: number): Share[] {
  return sharing.shares
    .filter((share) => share.expires !== null && share.expires > now && share.resource === address.object)
    .sort((a, b) => a.expires! - b.expires!);
}

/** People, groups and everyone: what the document itself has first, then what reaches it from outside. */
export function people_of(sharing: Sharing): Share[] {
  return sharing.shares.filter((share) => share.expires === null).sort((a, b) => b.resource.length - a.resource.length || (a.to < b.to ? -1 : 1));
}

/** `me`: the id of the principal who looks. */
export function grantee_words(to: string, me: string): string {
  if (to === 'everyone') return 'Everyone who is let in';
  if (to.startsWith('group:')) return `Group ${to.slice('group:'.length)}`;
  const id = to.slice('principal:'.length);
  return id === me ? `${id} (you)` : id;
}

export function place_words(resource: string, address: Address): string {
  if (resource === address.object) return '';
  return resource === '' ? `in all of ${address.workspace}` : `in ${resource}`;
}

/** Whom a form names, as the API has it; null if it names nobody. */
export function grantee_of(kind: string, typed: string): string | null {
  if (kind === 'everyone') return kind;
  const id = typed.trim();
  return id && (kind === 'principal' || kind === 'group') ? `${kind}:${id}` : null;
}

/** Ids that are not of one person: of all without a token, and of a link. */
function is_of_many(id: string): boolean {
  return id === 'anonymous' || id.startsWith('link:');
}

/**
 * Who of those here may be given a role: everybody once, those whom the server vouches for first, without `me` and without
 * those who have a role in the document itself. Whoever has no id of his own is only named.
 */
export function suggested(others: readonly Person[], me: string, sharing: Sharing, address: Address): Person[] {
  const has_role = (person: Person) =>
    sharing.shares.some(({ resource, to }) => resource === address.object && to === `principal:${person.principal}`);
  const found = new Map<string, Person>();
  for (const other of others) {
    const person = is_of_many(other.principal) ? { ...other, principal: '' } : other;
    if (person.principal !== '' && (person.principal === me || has_role(person))) continue;
    const key = JSON.stringify([person.verified, person.principal || person.name]);
    if (!found.has(key)) found.set(key, person);
  }
  return [...found.values()].sort((a, b) => Number(b.verified) - Number(a.verified) || (a.name < b.name ? -1 : 1)).slice(0, kMostSuggested);
}

export function left_words(expires: number, now: number): string {
  const minutes = Math.ceil((expires - now) / 60_000);
  if (minutes <= 0) return 'has ended';
  if (minutes < 100) return `ends in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
  return `ends in ${Math.round(minutes / 60)} hours`;
}

/** The address of the page that opens the document with this ticket. */
export function link_of(address: Address, ticket: string, page: string): string {
  return new URL(to_hash({ ...address, token: ticket }, true), page).href;
}
