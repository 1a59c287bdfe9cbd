// A short attack run (docs/attack.md): every attack at once from strangers, readers and writers, while users edit. The
// process lives, nothing that was acknowledged is lost, and memory stays within its limit. How fast it is, `make attack` says.

import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { attackRun, kShort } from '../../bench/attack/attack_run.mjs';
import { binary, scratch_dir } from './lib/server.mjs';

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

const kTiny = { ...kShort, binary, seconds: 3, calmSeconds: 1, recoverySeconds: 1, users: 4, attacks: 'wrong-hosts' };

test('bounds that do not hold are found', { timeout: 120_000 }, async (t) => {
  const { failures, folder } = await attackRun({ ...kTiny, boundMib: 8, memorySlack: 0.01, p99Ms: 0.001 });
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.ok(failures.some((what) => what.startsWith('memory is at most 8 MiB')), failures.join('\n'));
  assert.ok(failures.every((what) => /memory is at most|p99.* is at most/.test(what)), failures.join('\n'));
});

test('a server that takes far too much memory is killed', { timeout: 120_000 }, async (t) => {
  const { failures, folder } = await attackRun({ ...kTiny, boundMib: 8, memorySlack: 0, memoryGuard: 1 });
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.match(failures[0] ?? '', /^the server's process lives: this run killed it/);
});

test('a server that ends is found', { timeout: 120_000 }, async (t) => {
  const dying = join(scratch_dir(t, 'dying'), 'syncline');
  writeFileSync(dying, `#!/bin/sh\nexec timeout -s KILL 4 '${binary}' "$@"\n`);
  chmodSync(dying, 0o700);
  const { failures, folder } = await attackRun({ ...kTiny, server: dying });
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  assert.match(failures[0] ?? '', /^the server's process lives: it ended with/);
});
