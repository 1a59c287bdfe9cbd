// The requests of whoever shares a document.

import type { Address } from './address.ts';
import { about, ask, in_workspace } from './api.ts';
import { read_sharing, type Role, type Sharing } from './shares.ts';

export async function load_sharing(address: Address): Promise<Sharing> {
  const response = await ask(address, about(address, 'shares'));
  const sharing = read_sharing(await response.json());
  if (!sharing) throw new Error('The server answered something else.');
  return sharing;
}

function share_path(address: Address, resource: string, to: string, role?: Role): string {
  return `${in_workspace(address, 'shares')}?${new URLSearchParams({ resource, to, ...(role ? { role } : {}) })}`;
}

/** It replaces the role that `to` had there. */
export async function give(address: Address, resource: string, to: string, role: Role): Promise<void> {
  await ask(address, share_path(address, resource, to, role), { method: 'PUT' });
}

export async function take(address: Address, resource: string, to: string): Promise<void> {
  await ask(address, share_path(address, resource, to), { method: 'DELETE' });
}

/** The ticket of a link to the document. The server shows it only now. */
export async function make_link(address: Address, role: Role, seconds: number): Promise<string> {
  const body = JSON.stringify({ role, lifetime_s: seconds });
  const made = (await (await ask(address, about(address, 'links'), { method: 'POST', body })).json()) as { ticket?: unknown };
  if (typeof made.ticket !== 'string') throw new Error('The server answered something else.');
  return made.ticket;
}
