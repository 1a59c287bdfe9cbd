// Which document the page shows, read from its own URL and written back to it.
//
// Accepted, most specific first:
//   /#/WORKSPACE/OBJECT?token=T     the canonical form; OBJECT may contain slashes
//   /#workspace=W&object=O&token=T  the same as parameters of the hash
//   /?workspace=W&object=O&token=T  the same as parameters of the query
// The token belongs in the hash: a browser never sends that part to a server or in a Referer.

export interface Address {
  workspace: string;
  object: string;
  token: string | null;
}

export const kDefaultWorkspace = 'demo';
export const kDefaultObject = 'welcome';

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// Browsers fold `.` and `..` (even percent-encoded) and servers may fold empty segments, so ids keep to what survives.
function segments(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
}

function hash_parts(hash: string): { path: string[]; params: URLSearchParams } {
  const text = hash.replace(/^#/, '');
  if (!text.startsWith('/')) return { path: [], params: new URLSearchParams(text) };
  const mark = text.search(/[?&]/);
  const path = mark < 0 ? text : text.slice(0, mark);
  const params = mark < 0 ? '' : text.slice(mark + 1);
  return { path: path.split('/').map(decode).filter(Boolean), params: new URLSearchParams(params) };
}

/** Reads the document and token out of `location.hash` and `location.search`. Never fails: what is missing is the default. */
export function parse_address(hash: string, search: string): Address {
  const { path, params } = hash_parts(hash);
  const query = new URLSearchParams(search);
  const param = (key: string) => params.get(key) ?? query.get(key) ?? '';
  const workspace = segments(path[0] ?? param('workspace')).join('-');
  const object = path.length > 1 ? path.slice(1).join('/') : param('object');
  return {
    workspace: workspace || kDefaultWorkspace,
    object: segments(object).join('/') || kDefaultObject,
    token: param('token') || null,
  };
}

/** What a person typed into the switcher: `name` stays in `current` workspace, `workspace/name` and `/name/with/slashes` do not. */
export function parse_typed(text: string, current: Address): Address {
  const parts = segments(text.trim());
  if (parts.length === 0) return current;
  if (parts.length === 1) return { ...current, object: parts[0]! };
  return { ...current, workspace: parts[0]!, object: parts.slice(1).join('/') };
}

/** Slashes of an object stay slashes. */
export function encode_path(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** The canonical hash. Leave `with_token` off for links that a person passes on. */
export function to_hash(address: Address, with_token: boolean): string {
  const token = with_token && address.token ? `?token=${encodeURIComponent(address.token)}` : '';
  return `#/${encodeURIComponent(address.workspace)}/${encode_path(address.object)}${token}`;
}

/**
 * What all paths of the server begin with: the folder of the page. So the page works under `/t/acme/` of a tenant, and under
 * a path of a reverse proxy, which the server does not know.
 */
export function base_path(pathname: string): string {
  return pathname.slice(0, Math.max(pathname.lastIndexOf('/'), 0));
}

/** The two halves that y-websocket joins with a slash: the socket is `{server}/{room}`. */
export function socket_url(address: Address, location: { protocol: string; host: string; pathname?: string }): { server: string; room: string } {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return {
    server: `${scheme}://${location.host}${base_path(location.pathname ?? '/')}/y/${encodeURIComponent(address.workspace)}`,
    room: encode_path(address.object),
  };
}
