// Makes the small recordings beside this file: somebody writes an essay, with typos that are corrected, second thoughts
// and moved sentences; and two people write into one document at once. Run: node make.mjs

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Random } from '../lib/random.mjs';

const kHere = dirname(fileURLToPath(import.meta.url));
const kSentences = [
  'A shared document is a conversation that keeps its result.',
  'Whoever opens it sees what was agreed, not who shouted last.',
  'Every keystroke is small; the promise behind it is not: once you were told it is saved, it is.',
  'Züge fahren über Brücken, und niemand fragt den Pfeiler nach seiner Meinung.',
  'On a bad day the power goes — on a good day nobody notices that it went.',
  'Two people may write at one place at one time, and both of their words stay.',
  'Order is a matter of taste until money is involved.',
  '文書は生きている。',
];

// One writer: types letter by letter, errs, goes back, and moves sentences about.
function essay() {
  const random = new Random(1);
  const txns = [];
  let text = '';
  const patch = (position, deleted, inserted) => {
    text = text.slice(0, position) + inserted + text.slice(position + deleted);
    txns.push({ patches: [[position, deleted, inserted]] });
  };
  const type = (at, words) => {
    for (const letter of words) {
      if (random.chance(0.04)) {
        patch(at, 0, random.pick(['e', 'x', 'ö', ' ']));
        patch(at, 1, '');
      }
      patch(at++, 0, letter);
    }
  };
  for (let round = 0; round < 3; ++round) {
    for (const sentence of kSentences) {
      const breaks = [0, ...[...text.matchAll(/\n/g)].map((match) => match.index + 1)];
      type(random.pick(breaks), `${sentence}\n`);
      if (random.chance(0.4)) {
        const lines = text.split('\n');
        const line = random.below(lines.length - 1);
        const from = lines.slice(0, line).join('\n').length + (line > 0 ? 1 : 0);
        const moved = `${lines[line]}\n`;
        patch(from, moved.length, '');
        patch(random.chance(0.5) ? 0 : text.length, 0, moved);
      }
    }
  }
  return { startContent: '', endContent: text, txns };
}

// Two writers, each in a paragraph of its own, who see each other's letters some of theirs later. Nobody inserts where
// the other does at the same time, so the result is the same whatever the algorithm.
function together() {
  const random = new Random(2);
  const txns = [{ parents: [], agent: 0, patches: [[0, 0, 'Ada:\n\nBob:\n']] }];
  const words = [kSentences.slice(0, 4).join(' '), kSentences.slice(4).join(' ')];
  const typed = ['', ''];
  const seen = ['', ''];     // what each knows of the other's words
  const last = [0, 0];       // the last txn of each
  const known = [0, 0];      // the last txn of the other that each has seen
  while (typed[0].length < words[0].length || typed[1].length < words[1].length) {
    const agent = typed[0].length < words[0].length && (random.chance(0.5) || typed[1].length === words[1].length) ? 0 : 1;
    if (random.chance(0.1)) {
      seen[agent] = typed[1 - agent];
      known[agent] = last[1 - agent];
    }
    const start = agent === 0 ? 5 : 5 + seen[1].length + 1 + 5;
    const letters = words[agent].slice(typed[agent].length, typed[agent].length + 1 + random.below(3));
    const parents = [...new Set([last[agent], known[agent]])];
    txns.push({ parents, agent, patches: [[start + typed[agent].length, 0, letters]] });
    typed[agent] += letters;
    last[agent] = txns.length - 1;
  }
  txns.push({ parents: last, agent: 0, patches: [] });
  return { kind: 'concurrent', endContent: `Ada:\n${words[0]}\nBob:\n${words[1]}`, numAgents: 2, txns };
}

const write = (name, trace) => writeFileSync(join(kHere, `${name}.json`), `${JSON.stringify(trace)}\n`);
write('essay', essay());
write('together', together());
