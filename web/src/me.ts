// Who the server says this page is.

import { ask, Refusal } from './api.ts';
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

/** Why a token is asked for, in words for its owner. `said`: the message of the server. */
export function reason_of(token: string | null, said: string): string {
  if (!token) return 'This server lets in whoever has a token.';
  return said ? `Your token was refused: ${said.slice(0, 200)}` : 'Your token was refused.';
}

export async function ask_me(token: string | null): Promise<Answer> {
  try {
    const me = read_me(await (await ask({ token }, '/v1/me')).json());
    return me ? { me } : { unknown: true };
  } catch (error) {
    const refused = error instanceof Refusal && error.status === 401;
    return refused ? { token_needed: reason_of(token, error.message) } : { unknown: true };
  }
}
