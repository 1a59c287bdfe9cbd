// What the opener of a document may do with it. The server decides; the page asks, so that it offers nothing that would be
// refused. A browser cannot read why a WebSocket was refused, so the same question also finds out that.

import type { Address } from './address.ts';
import { about, ask, Refusal } from './api.ts';

export interface Rights {
  write: boolean;
  restore: boolean;
  /** Give and take shares, and make links. */
  share: boolean;
  /** Why not, in the words of the server; empty if it may be written. */
  why_not_write: string;
  /** Why there is no place for a connection now; empty if there is one. */
  why_kept_out: string;
}

export type RightsAnswer = { rights: Rights } | { refused: Refusal } | { unreachable: true };

interface Right {
  allowed?: unknown;
  reason?: unknown;
}

export function read_rights(body: unknown): Rights | null {
  const said = (body as { rights?: Record<string, Right> } | null)?.rights;
  if (typeof said?.['write']?.allowed !== 'boolean') return null;
  const may = (right: string) => said[right]?.allowed === true;
  const why = (right: string) => (typeof said[right]?.reason === 'string' ? (said[right].reason as string) : '');
  return { write: may('write'), restore: may('restore'), share: may('share'), why_not_write: why('write'), why_kept_out: why('connect') };
}

/** `root`: the root type that the page edits. A policy may allow changes elsewhere in the document and not there. */
export async function ask_rights(address: Address, root: string): Promise<RightsAnswer> {
  try {
    const response = await ask(address, `${about(address, 'rights')}?root=${encodeURIComponent(root)}`);
    const rights = read_rights(await response.json());
    return rights ? { rights } : { unreachable: true };
  } catch (error) {
    return error instanceof Refusal ? { refused: error } : { unreachable: true };
  }
}
