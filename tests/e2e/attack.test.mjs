// A short attack run (docs/attack.md): every attack at once from strangers, readers and writers, while users edit. The
// process lives, nothing that was acknowledged is lost, and memory stays within its limit. How fast it is, `make attack` says.

import assert from 'node:assert/strict';
import test from 'node:test';
import { attackRun, kShort } from '../../bench/attack/attack_run.mjs';
import { binary } from './lib/server.mjs';

const seconds = Number(process.env.SYNCLINE_ATTACK_SECONDS ?? kShort.seconds);

test('all attacks at once, while users edit', { timeout: 900_000 }, async (t) => {
  const { failures, report } = await attackRun({ ...kShort, binary, seconds });
  for (const line of report.split('\n')) t.diagnostic(line);
  assert.deepEqual(failures, []);
});

test('users who come and go, beside others who join, load and read', { timeout: 300_000 }, async (t) => {
  const { failures, report } = await attackRun({ ...kShort, binary, seconds: 6, churn: true, attacks: 'joins,cold-loads,changes' });
  for (const line of report.split('\n')) t.diagnostic(line);
  assert.deepEqual(failures, []);
});
