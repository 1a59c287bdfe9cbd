// Who the server says this page is.

import { tenant_prefix } from './address.ts';
import { clean_name } from './people.ts';

export interface Me {
  principal: string;
  /** That the token says; empty if it says none. */
  name: string;
  verified: boolean;
  rights: 'read' | 'write' | 'admin';
}

/** What the server answers: who it is, or why the token does not count. */
export type Answer = { me: Me } | { token_needed: string } | { unknown: true };

export function read_me(body: unknown): Me | null {
  const said = body as { principal?: unknown; name?: unknown; verified?: unknown; rights?: unknown } | null;
  if (typeof said?.principal !== 'string') return null;
  return {
    principal: said.principal,
    name: clean_name(said.name),
    verified: said.verified === true,
    rights: said.rights === 'read' || said.rights === 'write' ? said.rights : 'admin',
  };
}

/** Why a token is asked for, in words for its owner. */
export function reason_of(token: string | null, said: unknown): string {
  const message = (said as { error?: { message?: unknown } } | null)?.error?.message;
  if (!token) return 'This server lets in whoever has a token.';
  return typeof message === 'string' && message ? `Your token was refused: ${message.slice(0, 200)}` : 'Your token was refused.';
}

export async function ask_me(token: string | null): Promise<Answer> {
  try {
    const response = await fetch(`${tenant_prefix(location.pathname)}/v1/me`, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
    const body: unknown = await response.json().catch(() => null);
    if (response.status === 401) return { token_needed: reason_of(token, body) };
    const me = response.ok ? read_me(body) : null;
    return me ? { me } : { unknown: true };
  } catch {
    return { unknown: true };
  }
}
