// What the server tells of a document's past, and how it is shown: runs of text with authors, and a colour for each.

import { color_of } from './color.ts';
import { clean_name } from './people.ts';

// Whoever comes by a link has a principal of that link.
const kLinkPrefix = 'link:';

export interface Run {
  text: string;
  position: number;
  time: string;
  principal: string;
  actor: string;
  /** Of the person, if the server keeps one. */
  name?: string;
  /** False: it is what somebody called himself. */
  verified?: boolean;
}

export interface Author {
  key: string;
  name: string;
  color: string;
  characters: number;
}

export interface Past {
  /** Of the document's last change by then; 0: there was none yet. */
  position: number;
  runs: Run[];
}

interface BlameResponse {
  position: number;
  texts: { path: string; runs: Run[] }[];
}

/** Who wrote it, as far as is known: a principal, else a guest by the name that he gave himself, else a connection. */
export function author_key(run: Run): string {
  const known = run.principal !== '' && run.principal !== 'anonymous';
  if (clean_name(run.name) && run.verified === false) return clean_name(run.name);
  return known ? run.principal : run.actor || 'unknown';
}

export function author_name(run: Run): string {
  const name = clean_name(run.name);
  if (name) return run.verified ? name : `${name} (not verified)`;
  if (run.principal.startsWith(kLinkPrefix)) return 'Guest by a link';
  if (run.principal && run.principal !== 'anonymous') return run.principal;
  return run.actor ? `Guest ${run.actor.slice(0, 4)}` : 'Unknown';
}

/** In the order of their first character. Colours are those of the people who are here. */
export function authors_of(runs: Run[]): Author[] {
  const authors = new Map<string, Author>();
  for (const run of runs) {
    const key = author_key(run);
    let author = authors.get(key);
    if (!author) {
      author = { key, name: author_name(run), color: color_of(key), characters: 0 };
      authors.set(key, author);
    }
    author.characters += [...run.text].length;
  }
  return [...authors.values()];
}

export function read_blame(response: BlameResponse, root: string): Past {
  return { position: response.position, runs: response.texts.find((text) => text.path === root)?.runs ?? [] };
}

/** The time of the newest run; what was only deleted since has none. */
export function last_time(runs: Run[]): string {
  return runs.reduce((newest, run) => (run.time > newest ? run.time : newest), '');
}
