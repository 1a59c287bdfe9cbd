// Data directories that earlier versions wrote: read offline, served, and written on (old/README.md).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import test from 'node:test';
import { converged, fresh, y_client } from './lib/clients.mjs';
import { Server, repository, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kKey = 'syncline-825916b6+0820dba9+AbOj1/JxN79lo3weHwyQIqEU4Y72E9V5QT55E/h/Ca0x';
const kPlan = { content: 'an 🎉 for\nall', about: { title: { of: ['a', 2, null, true] } }, list: [1, 'two', 3.5] };

function unpack(t, name) {
  const dir = scratch_dir(t, 'old');
  const { status } = spawnSync('tar', ['-xzf', join(repository, 'tests/e2e/old', name), '-C', dir]);
  assert.equal(status, 0);
  return dir;
}

function syncline(...args) {
  const { status, stdout, stderr } = run(args);
  assert.equal(status, 0, stderr);
  return stdout;
}

test('layout 1 is read offline, and verified', kTest, (t) => {
  const dir = join(unpack(t, 'data-dir-1.tar.gz'), 'data');
  assert.match(syncline('log', 'verify', '--data-dir', dir, '--key', kKey), /^sound: 2 workspaces, 11 events/);
  const json = (...args) => JSON.parse(syncline('cat', ...args, '--data-dir', dir));
  assert.deepEqual(json('team/notes/plan'), kPlan);
  assert.deepEqual(json('team/notes/plan', '--at', '1'), { content: 'Plan' });
  assert.deepEqual(json('team/notes/plan', '--at', 'draft'), { content: 'Plan', about: kPlan.about });
  assert.deepEqual(json('other/x'), { settings: { dark: true } });
  const big = json('team/big').content;
  assert.deepEqual([big.length, big[0], big.at(-1)], [120_000, '0', '3']);
});

test('layout 1 is served, and goes on', kTest, async (t) => {
  // The private key is not among what was kept: the log comes to a directory with keys of its own.
  const server = await Server.start(t);
  await server.kill();
  const old = join(unpack(t, 'data-dir-1.tar.gz'), 'data');
  assert.equal(spawnSync('sh', ['-c', `rm -r "${server.dir}/log" && cp -r "${old}/log" "${server.dir}/log"`]).status, 0);
  await server.launch();
  const client = await y_client(t, server, 'team', 'notes/plan');
  await until(() => client.text.length > 0, 'it is there');
  assert.equal(client.text.toString(), kPlan.content);
  client.text.insert(0, 'Still ');
  await converged([client, await fresh(t, server, 'team', 'notes/plan')]);
  await server.kill();
  await server.launch();
  const answer = await (await fetch(`${server.url}/v1/workspaces/team/objects/notes/plan`)).json();
  // Behind the event that the server made of the pin.
  assert.deepEqual([answer.position, answer.state.content], [12, 'Still an 🎉 for\nall']);
  const { pins } = await server.json('/v1/workspaces/team/pins');
  assert.deepEqual(pins.map(({ name, position }) => [name, position]), [['draft', 3]]);
  const { changes } = await server.json('/v1/workspaces/team/changes?after=10');
  assert.deepEqual(changes.map(({ object }) => object), ['./pins', 'notes/plan']);
  assert.equal(changes[0].actor, 'taken over');
  // A checkpoint of a key that nobody here knows is no base to sign on.
  assert.equal((await fetch(`${server.url}/v1/workspaces/team/checkpoint`)).status, 500);
});

test('a bundle of version 1 is verified, imported, and exported again', kTest, (t) => {
  const dir = unpack(t, 'written-by-0.1.tar.gz');
  const bundle = join(dir, 'bundle-1.slb');
  assert.match(syncline('log', 'verify', bundle), /^sound: workspace team, 10 events, 1 snapshot, 1 pin/);
  const data = join(dir, 'data');
  syncline('import', bundle, '--data-dir', data);
  assert.deepEqual(JSON.parse(syncline('cat', 'team/notes/plan', '--data-dir', data)), kPlan);
  assert.match(syncline('log', 'verify', '--data-dir', data), /^sound: 1 workspace, 10 events/);
  const again = join(dir, 'again.slb');
  syncline('export', 'team', '-o', again, '--data-dir', data);
  assert.match(syncline('log', 'verify', again), /^sound: workspace team, 10 events/);
});

test('what 0.1 kept without events becomes events, once', kTest, async (t) => {
  const dir = unpack(t, 'written-by-0.1.tar.gz');
  const data = join(dir, 'data');
  syncline('import', join(dir, 'bundle-1.slb'), '--data-dir', data);
  const unproved = /^not proved: pins and rules of Syncline 0\.1 \(1 in all\)/m;
  assert.match(syncline('log', 'verify', '--data-dir', data), unproved);
  assert.match(syncline('pin', 'ls', 'team', '--data-dir', data), /^draft +3 /m);
  const server = await Server.start(t);
  await server.kill();
  assert.equal(spawnSync('sh', ['-c', `rm -r "${server.dir}/log" && cp -r "${data}/log" "${server.dir}/log"`]).status, 0);
  for (let start = 0; start < 2; ++start) {
    await server.launch();
    assert.equal((await fetch(`${server.url}/v1/workspaces/team/objects/notes/plan`)).status, 200);
    const { state } = await server.json('/v1/workspaces/team/objects/.%2Fpins');
    assert.equal(state.pins.draft.position, 3);
    await server.kill();
    const verified = syncline('log', 'verify', '--data-dir', server.dir);
    assert.match(verified, /^sound: 1 workspace, 11 events/);
    assert.doesNotMatch(verified, /not proved/);
  }
  const again = join(dir, 'again.slb');
  syncline('export', 'team', '-o', again, '--data-dir', server.dir);
  assert.match(syncline('log', 'verify', again), /^sound: workspace team, 11 events, 0 snapshots, 1 pin/);
});

test('a backup by 0.1 is checked and restored', kTest, (t) => {
  const dir = unpack(t, 'written-by-0.1.tar.gz');
  assert.match(syncline('backup', 'check', join(dir, 'bk')), /^sound: 2 workspaces/);
  const data = join(dir, 'data');
  syncline('backup', 'restore', join(dir, 'bk'), '--data-dir', data);
  assert.match(syncline('log', 'verify', '--data-dir', data), /^sound: 2 workspaces, 11 events/);
  assert.deepEqual(JSON.parse(syncline('cat', 'team/notes/plan', '--data-dir', data)), kPlan);
});
