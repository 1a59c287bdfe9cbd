// An object of which an event is damaged on the disk: it is refused, and named; everybody else works on, and what it was
// before can be had.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { converged, h_client, hocuspocus_versions, y_client } from './lib/clients.mjs';
import { Server, run } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 180_000 };

// Inverts some bytes of whichever table holds them; gives what undoes it.
function damage(dir, bytes) {
  for (const name of readdirSync(join(dir, 'log')).filter((file) => file.endsWith('.sst'))) {
    const path = join(dir, 'log', name);
    const whole = readFileSync(path);
    const at = whole.indexOf(bytes);
    if (at < 0) continue;
    const damaged = Buffer.from(whole);
    for (let i = 0; i < bytes.length; ++i) damaged[at + i] ^= 0xff;
    writeFileSync(path, damaged);
    return () => writeFileSync(path, whole);
  }
  throw new Error(`no table in ${dir} holds the bytes`);
}

// Workspace "w": "bad" with events 1 and 4, "good" with 2 and 5. The noise in between keeps them apart on the disk.
async function workspace(t) {
  const server = await Server.start(t);
  const noise = randomBytes(50_000);  // too little for a snapshot, from where it could be had
  const events = async (count) => until(async () => (await server.metric('events_committed_total')) >= count, `event ${count}`);
  const [bad, good, filler] = [await y_client(t, server, 'w', 'bad'), await y_client(t, server, 'w', 'good'), await y_client(t, server, 'w', 'filler')];
  bad.text.insert(0, 'as it was');
  await events(1);
  good.text.insert(0, 'fine');
  await events(2);
  filler.doc.getMap('map').set('noise', new Uint8Array(randomBytes(40_000)));
  await events(3);
  bad.doc.getMap('map').set('noise', new Uint8Array(noise));
  await events(4);
  good.text.insert(4, ' and last');
  await events(5);
  for (const client of [bad, good, filler]) client.provider.destroy();
  await server.quiet();
  await server.restart();  // writes the log into tables
  await server.kill();
  const repair = damage(server.dir, noise.subarray(25_000, 25_064));
  await server.launch();
  return { server, repair };
}

test('an object that is damaged is in quarantine, and everybody else works on', kTest, async (t) => {
  const { server, repair } = await workspace(t);
  const path = '/v1/workspaces/w/objects/bad';

  const refused = await server.get(path);
  assert.equal(refused.status, 500);
  assert.equal(JSON.parse(refused.text).error.code, 'corrupt');
  assert.match(JSON.parse(refused.text).error.message, /object bad of workspace w is in quarantine: event 4 .*until 3 can be read/);
  assert.equal((await server.json(`${path}?at=3`)).state.content, 'as it was');
  for (const late of [`${path}?at=4`, '/v1/workspaces/w/blame/bad']) assert.equal((await server.get(late)).status, 500, late);

  const [ann, ben] = [await y_client(t, server, 'w', 'good'), await y_client(t, server, 'w', 'good')];
  const closes = [];
  const lost = await y_client(t, server, 'w', 'bad', { wait: false, connect: false });
  lost.provider.on('connection-close', (event) => event && closes.push(event));
  lost.text.insert(0, 'refused');
  lost.provider.connect();
  await until(() => closes.length >= 3, 'it is refused again and again');
  assert.ok(closes.every(({ code, reason }) => code === 4500 && /quarantine/.test(reason)), JSON.stringify(closes.map(({ code, reason }) => [code, reason])));
  for (let i = 0; i < 20; ++i) {
    ann.text.insert(0, `ann ${i} `);
    ben.text.insert(ben.text.length, ` ben ${i}`);
    await sleep(1);
  }
  await converged([ann, ben]);
  const fresh = await y_client(t, server, 'w', 'new');
  fresh.text.insert(0, 'new objects too');
  await until(async () => (await server.get('/v1/workspaces/w/objects/new')).status === 200, 'a new object is kept');

  for (const version of hocuspocus_versions) {
    const other = await h_client(t, server, 'w', 'good', version);
    other.text.insert(0, `hocuspocus ${version} `);
    await converged([ann, ben, other]);
  }

  const { objects, unreadable } = await server.json('/v1/workspaces/w/state');
  assert.deepEqual(objects.map(({ object }) => object), ['filler', 'good', 'new']);
  assert.deepEqual(unreadable.map(({ object }) => object), ['bad']);
  assert.equal(await server.metric('objects_quarantined'), 1);
  assert.equal(await server.metric('object_quarantines_total'), 1);
  assert.equal(await server.metric('object_load_failures_total'), 1, 'it was not replayed again');
  assert.equal(server.stderr.match(/"message":"object in quarantine"/g).length, 1, server.stderr);

  const { quarantine } = await server.json('/v1/workspaces/w/quarantine');
  assert.deepEqual(quarantine.map(({ object, position }) => [object, position]), [['bad', 4]]);
  const cli = (...args) => run([...args, '--server', server.url]);
  assert.match(cli('quarantine', 'ls', 'w').stdout, /^OBJECT.*\nbad +4 /);
  assert.match(cli('cat', 'w/bad').stderr, /quarantine/);
  const all = cli('cat', 'w', '--json');
  assert.equal(all.status, 1);
  assert.deepEqual(all.stdout.trim().split('\n').map((line) => JSON.parse(line).object), ['filler', 'good', 'new']);
  assert.equal(cli('restore', 'w/bad', '--at', '3', '--into', 'saved').status, 0);
  assert.equal((await server.object('saved', 'bad')).content, 'as it was');

  const early = cli('quarantine', 'lift', 'w/bad');
  assert.equal(early.status, 1);
  assert.match(early.stderr, /quarantine: event 4/);
  repair();
  const lifted = cli('quarantine', 'lift', 'w/bad');
  assert.equal(lifted.status, 0, lifted.stderr);
  await until(() => lost.provider.synced, 'whoever kept trying is back');
  await until(async () => (await server.object('w', 'bad')).content.includes('refused'), 'and what it had typed is there');
  assert.equal(await server.metric('objects_quarantined'), 0);
  assert.equal(run(['quarantine', 'ls', 'w', '--data-dir', server.dir]).status, 1);
  assert.equal(run(['log', 'verify', '--data-dir', server.dir]).status, 0);
});

test('a workspace whose last event is damaged is shut, and all others work on', kTest, async (t) => {
  const server = await Server.start(t);
  const noise = randomBytes(50_000);
  const ann = await y_client(t, server, 'w', 'plan');
  ann.text.insert(0, 'as it was');
  await until(async () => (await server.metric('events_committed_total')) >= 1, 'the first event');
  ann.doc.getMap('map').set('noise', new Uint8Array(noise));
  await until(async () => (await server.metric('events_committed_total')) >= 2, 'the last event');
  ann.provider.destroy();
  await server.quiet();
  await server.restart();  // writes the log into tables
  await server.kill();
  const repair = damage(server.dir, noise.subarray(25_000, 25_064));
  await server.launch();

  const closes = [];
  const lost = await y_client(t, server, 'w', 'plan', { wait: false, connect: false });
  lost.provider.on('connection-close', (event) => event && closes.push(event));
  lost.text.insert(0, 'kept by its client, ');
  lost.provider.connect();
  await until(() => closes.length >= 2, 'it is refused again and again');
  assert.ok(closes.every(({ code, reason }) => code === 4500 && /workspace w is shut/.test(reason)), JSON.stringify(closes.map(({ code, reason }) => [code, reason])));
  const refused = await server.get('/v1/workspaces/w/objects/plan');
  assert.equal(refused.status, 500);
  assert.match(JSON.parse(refused.text).error.message, /workspace w is shut, its log is damaged/);
  const ben = await y_client(t, server, 'other', 'plan');
  ben.text.insert(0, 'works on');
  await until(async () => (await server.get('/v1/workspaces/other/objects/plan')).status === 200, 'the other is kept');

  assert.equal(await server.metric('workspaces_shut'), 1);
  assert.equal(await server.metric('workspace_shuts_total'), 1);
  assert.deepEqual((await server.json('/v1/shut')).shut.map(({ workspace }) => workspace), ['w']);
  const cli = (...args) => run([...args, '--server', server.url]);
  assert.match(cli('shut', 'ls').stdout, /^WORKSPACE +SINCE +REASON\nw +\d{4}-/);
  const early = cli('shut', 'lift', 'w');
  assert.equal(early.status, 1);
  assert.match(early.stderr, /workspace w is shut/);
  repair();
  const lifted = cli('shut', 'lift', 'w');
  assert.equal(lifted.status, 0, lifted.stderr);
  assert.equal(lifted.stdout, 'w is open again\n');
  await until(() => lost.provider.synced, 'whoever kept trying is back');
  await until(async () => (await server.object('w', 'plan')).content.includes('kept by its client'), 'and what it had typed is there');
  assert.equal(await server.metric('workspaces_shut'), 0);
  assert.equal(cli('shut', 'ls').stdout, '');
  assert.equal(run(['shut', 'ls', '--data-dir', server.dir]).status, 1);
  assert.equal(run(['log', 'verify', '--data-dir', server.dir]).status, 0);
});
