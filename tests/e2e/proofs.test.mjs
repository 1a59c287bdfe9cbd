// What the server signs, somebody else's verifier believes; what was changed behind its back, nobody's.

import assert from 'node:assert/strict';
import { cpSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { converged, edit_each, fresh, y_client } from './lib/clients.mjs';
import { Server, kSignAtOnce, run, scratch_dir } from './lib/server.mjs';
import { check_consistency, check_proof, open_checkpoint, parse_key } from './lib/tlog.mjs';

const kTest = { timeout: 180_000 };

const text_of = async (server, path) => {
  const response = await fetch(server.url + path);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return text;
};

async function write(t, server, edits) {
  const client = await y_client(t, server, 'team', 'doc', { params: { ack: '1' } });
  await edit_each(client, edits, (i) => client.text.insert(0, `${i} `));
  await converged([client, await fresh(t, server, 'team', 'doc')]);
  client.provider.destroy();
  await server.signed('team');
}

const keys_of = async (server) => (await text_of(server, '/v1/keys')).trimEnd().split('\n').map(parse_key);

test('checkpoints, inclusion and consistency, by a verifier that shares no code', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--log-name', 'log.example/a', ...kSignAtOnce] });
  await write(t, server, 300);
  const [key] = await keys_of(server);
  assert.equal(key.name, 'log.example/a');
  const older = open_checkpoint(await text_of(server, '/v1/workspaces/team/checkpoint'), key);
  assert.equal(older.origin, 'log.example/a/w/team');
  assert.ok(older.size >= 300);

  await write(t, server, 41);
  const newer = open_checkpoint(await text_of(server, '/v1/workspaces/team/checkpoint'), key);
  assert.ok(newer.size > older.size);
  const path = `/v1/workspaces/team/consistency?from=${older.size}&to=${newer.size}`;
  const { hashes } = JSON.parse(await text_of(server, path));
  check_consistency(older, newer, hashes);
  assert.throws(() => check_consistency({ ...older, size: older.size - 1 }, newer, hashes));

  const events = (await text_of(server, '/v1/workspaces/team/log?limit=1000')).trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.equal(events.length, newer.size);
  for (const { position, hash } of events.filter((_, i) => i % 37 === 0 || i > events.length - 3)) {
    const proof = await text_of(server, `/v1/workspaces/team/proof/${position}`);
    assert.deepEqual(check_proof(proof, Buffer.from(hash, 'hex'), key), newer);
    const other = Buffer.from(events[position % events.length].hash, 'hex');
    assert.throws(() => check_proof(proof, other, key), 'of another event');
  }

  for (const [wrong, status] of [['team/proof/0', 404], ['team/proof/9999', 404], ['team/proof/x', 400], ['none/checkpoint', 404],
    [`team/consistency?from=2&to=1`, 400], ['team/consistency?from=1&to=9999', 404], ['team/consistency?from=-1', 400]]) {
    const response = await fetch(`${server.url}/v1/workspaces/${wrong}`);
    assert.equal(response.status, status, wrong);
    assert.ok((await response.json()).error.message.length > 5);
  }
});

test('a log that was rolled back contradicts the checkpoint that was kept', kTest, async (t) => {
  const server = await Server.start(t, { args: kSignAtOnce });
  const dir = scratch_dir(t, 'kept');
  const copy = join(dir, 'older');
  const checkpoint = join(dir, 'checkpoint');
  await write(t, server, 20);
  const [key] = (await text_of(server, '/v1/keys')).trimEnd().split('\n');
  await server.kill('SIGTERM');
  cpSync(server.dir, copy, { recursive: true });

  await server.launch();
  await write(t, server, 20);
  const printed = run(['log', 'checkpoint', 'team', '--server', server.url]);
  assert.equal(printed.status, 0, printed.stderr);
  writeFileSync(checkpoint, printed.stdout);
  await server.kill('SIGTERM');

  const verify = (...args) => run(['log', 'verify', '--checkpoint', checkpoint, '--key', key, ...args]);
  assert.equal(verify('--data-dir', server.dir).status, 0);
  const older = verify('--data-dir', copy);
  assert.equal(older.status, 1);
  assert.match(older.stderr, /workspace team: the checkpoint has \d+ events, the log ends at \d+/);

  // It goes on from the older copy, and reaches the same length with other events.
  rmSync(server.dir, { recursive: true });
  cpSync(copy, server.dir, { recursive: true });
  await server.launch();
  await write(t, server, 60);
  await server.kill('SIGTERM');
  const other = verify('--data-dir', server.dir);
  assert.equal(other.status, 1);
  assert.match(other.stderr, /workspace team: its first \d+ events are not those of the checkpoint/);
});

test('a key is replaced, and what the old one signed stays valid', kTest, async (t) => {
  const server = await Server.start(t, { args: kSignAtOnce });
  const kept = join(scratch_dir(t, 'kept'), 'checkpoint');
  await write(t, server, 5);
  writeFileSync(kept, await text_of(server, '/v1/workspaces/team/checkpoint'));
  const refused = run(['log', 'keys', '--rotate', '--data-dir', server.dir]);
  assert.equal(refused.status, 1, 'not while the server runs');
  await server.kill('SIGTERM');
  assert.equal(run(['log', 'keys', '--rotate', '--data-dir', server.dir]).status, 0);
  await server.launch();
  const keys = await keys_of(server);
  assert.equal(keys.length, 2);
  await write(t, server, 1);
  const note = await text_of(server, '/v1/workspaces/team/checkpoint');
  assert.equal(open_checkpoint(note, keys[1]).origin, `${keys[0].name}/w/team`);
  assert.throws(() => open_checkpoint(note, keys[0]));
  await server.kill('SIGTERM');
  assert.equal(run(['log', 'verify', '--data-dir', server.dir, '--checkpoint', kept]).status, 0);
});

test('whoever reads has nothing signed; the server signs by itself, and what it left at its next start', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--checkpoint-seconds', '3600'] });
  const client = await y_client(t, server, 'team', 'doc');
  client.text.insert(0, 'one');
  await converged([client, await fresh(t, server, 'team', 'doc')]);
  const status = async (path) => (await fetch(`${server.url}/v1/workspaces/team/${path}`)).status;
  assert.equal(await status('checkpoint'), 404);
  assert.equal(await status('proof/1'), 404);
  assert.equal(await status('export'), 200);
  assert.equal(await status('checkpoint'), 404, 'an export has none made');

  // The end of the process does not leave it unsigned, and its crash not for long.
  server.options.args = kSignAtOnce;
  await server.restart();
  await server.signed('team');
  const first = open_checkpoint(await text_of(server, '/v1/workspaces/team/checkpoint'), (await keys_of(server))[0]);
  server.options.args = ['--checkpoint-seconds', '3600'];
  await server.restart();
  client.text.insert(0, 'two');
  await converged([client, await fresh(t, server, 'team', 'doc')]);
  const path = '/v1/workspaces/team';
  assert.equal(open_checkpoint(await text_of(server, `${path}/checkpoint`), (await keys_of(server))[0]).size, first.size);
  const uncovered = await fetch(`${server.url}${path}/proof/${first.size + 1}`);
  assert.equal(uncovered.status, 404);
  assert.match((await uncovered.json()).error.message, /not under one yet/);
  assert.equal(check_proof(await text_of(server, `${path}/proof/1`), Buffer.from(JSON.parse((await text_of(server, `${path}/log?limit=1`)).trim()).hash, 'hex'), (await keys_of(server))[0]).size, first.size);
  client.provider.destroy();
  await server.kill('SIGTERM');
  await server.launch();
  await server.signed('team');
});
