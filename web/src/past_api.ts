// The questions about the past that the page asks its server.

import { tenant_prefix, type Address } from './address.ts';
import { kRootName } from './session.ts';
import { read_blame, type Past } from './past.ts';

const object_path = (address: Address, what: string) =>
  `/v1/workspaces/${encodeURIComponent(address.workspace)}/${what}/${address.object.split('/').map(encodeURIComponent).join('/')}`;

async function ask(address: Address, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (address.token) headers.set('Authorization', `Bearer ${address.token}`);
  const response = await fetch(tenant_prefix(location.pathname) + path, { ...init, headers });
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  throw new Refusal(response.status, body?.error?.message ?? `The server answered ${response.status}`);
}

export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The position of the document's last change; 0 if it has none. */
export async function last_position(address: Address): Promise<number> {
  try {
    const response = await ask(address, object_path(address, 'objects'));
    return Number(response.headers.get('Syncline-Position'));
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return 0;
    throw error;
  }
}

export async function past_at(address: Address, position: number, signal: AbortSignal): Promise<Past> {
  try {
    const response = await ask(address, `${object_path(address, 'blame')}?at=${position}`, { signal });
    return read_blame(await response.json(), kRootName);
  } catch (error) {
    // Before its first change the document was empty.
    if (error instanceof Refusal && error.status === 404) return { position: 0, runs: [] };
    throw error;
  }
}

export async function restore(address: Address, position: number): Promise<void> {
  const query = `?at=${position}&confirm=${encodeURIComponent(address.workspace)}`;
  await ask(address, object_path(address, 'restore') + query, { method: 'POST' });
}
