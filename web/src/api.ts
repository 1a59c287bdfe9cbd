// Requests to the HTTP API of the server that this page came from.

import { base_path, encode_path, type Address } from './address.ts';

/** The server answered, and refused. */
export class Refusal extends Error {
  /** Of HTTP. */
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The path of what the API has about the document: `about(address, 'blame')`. */
export function about(address: Address, what: string): string {
  return `${in_workspace(address, what)}/${encode_path(address.object)}`;
}

export function in_workspace(address: Address, what: string): string {
  return `/v1/workspaces/${encodeURIComponent(address.workspace)}/${what}`;
}

/** Asks with the token of the address. Throws a Refusal, or what fetch throws if no server answers. */
export async function ask(address: Pick<Address, 'token'>, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (address.token) headers.set('Authorization', `Bearer ${address.token}`);
  const response = await fetch(base_path(location.pathname) + path, { ...init, headers });
  if (response.ok) return response;
  const body = (await response.json().catch(() => null)) as { error?: { message?: unknown } } | null;
  const said = body?.error?.message;
  throw new Refusal(response.status, typeof said === 'string' && said ? said.slice(0, 300) : `The server answered ${response.status}.`);
}
