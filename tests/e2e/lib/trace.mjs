// Recorded editing, in the format of the public editing traces: positions count code points, of which none here lies
// outside the basic plane, so they are UTF-16 offsets as well.
//
//   { startContent, endContent, txns: [{ patches: [[position, deleted, inserted], …] }, …] }
//   { kind: "concurrent", endContent, numAgents, txns: [{ parents: [index, …], agent, patches }, …] }

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Y } from './clients.mjs';
import { repository } from './server.mjs';

const kShared = process.env.SYNCLINE_TRACES ?? join(repository, '../shared/traces');

// A recording that may not be there: its path, or null.
export function shared_trace(name) {
  const path = join(kShared, `${name}.json.gz`);
  return existsSync(path) ? path : null;
}

export const own_trace = (name) => join(repository, 'tests/e2e/traces', `${name}.json`);

export function read_trace(path) {
  const bytes = readFileSync(path);
  return JSON.parse(path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
}

export function apply_patches(text, patches) {
  for (const [position, deleted, inserted] of patches) {
    if (deleted > 0) text.delete(position, deleted);
    if (inserted.length > 0) text.insert(position, inserted);
  }
}

// What each agent of a concurrent trace sends: [{ agent, update, needs }], in the order of the recording. Every agent
// types into a replica of its own that has seen exactly what the recorded one had; `needs` is the state vector that the
// update builds upon. Agents have rising client ids, as the recording assumes.
export function agent_updates(trace) {
  const docs = Array.from({ length: trace.numAgents }, (_, agent) => {
    const doc = new Y.Doc();
    doc.clientID = agent + 1;
    return doc;
  });
  const heads = docs.map(() => []);  // per agent: one flag per txn that it has seen
  const made = [];
  let current = null;
  for (const doc of docs) doc.on('update', (update, origin) => { if (origin !== 'seen') current = update; });

  const see = (agent, index) => {
    const stack = [index];
    const missing = [];
    while (stack.length > 0) {
      const i = stack.pop();
      if (heads[agent][i]) continue;
      heads[agent][i] = true;
      missing.push(i);
      stack.push(...trace.txns[i].parents);
    }
    for (const i of missing.sort((a, b) => a - b)) if (made[i].update) Y.applyUpdate(docs[agent], made[i].update, 'seen');
  };

  trace.txns.forEach(({ agent, parents, patches }, i) => {
    for (const parent of parents) see(agent, parent);
    const needs = Y.decodeStateVector(Y.encodeStateVector(docs[agent]));
    current = null;
    docs[agent].transact(() => apply_patches(docs[agent].getText('content'), patches));
    made.push({ agent, update: current, needs });
    heads[agent][i] = true;
  });
  return made.filter(({ update }) => update !== null);
}
