// The questions about the past that the page asks its server.

import type { Address } from './address.ts';
import { about, ask, Refusal } from './api.ts';
import { read_blame, type Past } from './past.ts';
import { kRootName } from './session.ts';

/** The position of the document's last change; 0 if it has none. */
export async function last_position(address: Address): Promise<number> {
  try {
    const response = await ask(address, about(address, 'objects'));
    return Number(response.headers.get('Syncline-Position'));
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return 0;
    throw error;
  }
}

export async function past_at(address: Address, position: number, signal: AbortSignal): Promise<Past> {
  try {
    const response = await ask(address, `${about(address, 'blame')}?at=${position}`, { signal });
    return read_blame(await response.json(), kRootName);
  } catch (error) {
    // Before its first change the document was empty.
    if (error instanceof Refusal && error.status === 404) return { position: 0, runs: [] };
    throw error;
  }
}

export async function restore(address: Address, position: number): Promise<void> {
  const query = `?at=${position}&confirm=${encodeURIComponent(address.workspace)}`;
  await ask(address, about(address, 'restore') + query, { method: 'POST' });
}
