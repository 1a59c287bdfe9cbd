// The questions about the past that the page asks its server.

import * as Y from 'yjs';
import type { Address } from './address.ts';
import { about, ask, in_workspace, Refusal } from './api.ts';
import { read_model, text_of_model, type Model } from './model.ts';
import { read_blame, type Past } from './past.ts';
import { kRootName } from './session.ts';
import type { HistoryPage, Pin } from './timeline.ts';

/** How a moment is read and shown: a plain text as it is, everything else as a tree. */
export type Form = 'text' | 'tree' | 'facts';

export interface Moment {
  text: string;
  /** Null: it is a plain text. */
  model: Model | null;
}

const kNothing: Moment = { text: '', model: null };

export async function history_page(address: Address, before: number | null): Promise<HistoryPage> {
  const query = before === null ? '' : `?before=${before}`;
  return (await (await ask(address, about(address, 'history') + query)).json()) as HistoryPage;
}

// 406: the root is not there yet, or is of another kind then.
const kNothingThere = [404, 406];

export async function moment_at(address: Address, position: number, form: Form): Promise<Moment> {
  if (position <= 0) return kNothing;
  const at = `?at=${position}`;
  try {
    if (form === 'text') {
      const response = await ask(address, `${about(address, 'objects')}${at}&as=text&root=${kRootName}`);
      return { text: await response.text(), model: null };
    }
    if (form === 'tree') {
      const response = await ask(address, `${about(address, 'objects')}${at}&as=update`);
      return tree_of(new Uint8Array(await response.arrayBuffer()));
    }
    const { state } = (await (await ask(address, about(address, 'objects') + at)).json()) as { state: unknown };
    const model: Model = { roots: [{ name: address.object, kind: 'data', node: { kind: 'value', value: state } }], cut: false };
    return { text: JSON.stringify(state, null, 1), model };
  } catch (error) {
    if (error instanceof Refusal && kNothingThere.includes(error.status)) return kNothing;
    throw error;
  }
}

function tree_of(update: Uint8Array): Moment {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  const model = read_model(doc);
  doc.destroy();
  return { text: text_of_model(model), model };
}

/** Who wrote which characters of the text then. */
export async function authors_at(address: Address, position: number): Promise<Past> {
  try {
    const response = await ask(address, `${about(address, 'blame')}?at=${position}&by=author`);
    return read_blame(await response.json(), kRootName);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return { position: 0, runs: [] };
    throw error;
  }
}

/** The position of the document's last change; 0 if it has none. */
export async function last_position(address: Address): Promise<number> {
  try {
    const response = await ask(address, about(address, 'objects'), { method: 'HEAD' });
    return Number(response.headers.get('Syncline-Position'));
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return 0;
    throw error;
  }
}

/** The position of the change that this made; null: nothing had to be changed. */
export async function restore(address: Address, position: number): Promise<number | null> {
  const query = `?at=${position}&confirm=${encodeURIComponent(address.workspace)}`;
  const answer = (await (await ask(address, about(address, 'restore') + query, { method: 'POST' })).json()) as { position?: unknown };
  return typeof answer.position === 'number' ? answer.position : null;
}

export async function pins_of(address: Address): Promise<Pin[]> {
  const read = (await (await ask(address, `${in_workspace(address, 'pins')}?limit=1000`)).json()) as { pins: Pin[] };
  return read.pins.map(({ name, position }) => ({ name, position }));
}

export async function set_pin(address: Address, name: string, position: number): Promise<void> {
  await ask(address, `${in_workspace(address, 'pins')}/${encodeURIComponent(name)}?at=${position}`, { method: 'PUT' });
}

export async function remove_pin(address: Address, name: string): Promise<void> {
  await ask(address, `${in_workspace(address, 'pins')}/${encodeURIComponent(name)}`, { method: 'DELETE' });
}
