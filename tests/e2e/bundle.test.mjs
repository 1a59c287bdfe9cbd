// A workspace leaves one server as a file and comes to another, provable as before; and what was done to a
// data directory is not served.

import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { converged, edit_each, fresh, y_client } from './lib/clients.mjs';
import { Server, kSignAtOnce, run, scratch_dir } from './lib/server.mjs';
import { check_proof, parse_key } from './lib/tlog.mjs';

const kTest = { timeout: 180_000 };

async function write(t, server, workspace, edits) {
  const client = await y_client(t, server, workspace, 'plan', { params: { ack: '1' } });
  await edit_each(client, edits, (i) => client.text.insert(0, `${i} `));
  await converged([client, await fresh(t, server, workspace, 'plan')]);
  client.provider.destroy();
  await server.signed(workspace);
  return client.text.toString();
}

const ok = (...args) => {
  const done = run(args);
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
};

test('a workspace moves to another server with its history and its proofs', kTest, async (t) => {
  const dir = scratch_dir(t, 'bundles');
  const bundle = join(dir, 'team.bundle');
  const here = await Server.start(t, { args: ['--log-name', 'log.example/here', ...kSignAtOnce] });
  const text = await write(t, here, 'team', 120);
  ok('pin', 'set', 'team', 'half', '--at', '50', '--server', here.url);  // event 121
  ok('export', 'team', '-o', bundle, '--server', here.url);
  const [key] = (await (await fetch(`${here.url}/v1/keys`)).text()).trim().split('\n');
  const streamed = Buffer.from(await (await fetch(`${here.url}/v1/workspaces/team/export`)).arrayBuffer());
  assert.ok(streamed.equals(readFileSync(bundle)), 'asked for at once or piece by piece, it is the same file');

  const said = JSON.parse(ok('log', 'verify', bundle, '--key', key, '--json'));
  assert.deepEqual([said.events, said.signed_events, said.effects], [121, 121, 121]);
  assert.equal(run(['log', 'verify', bundle, '--key', 'log.example/x+00000000+AAAA']).status, 1);

  // It can be gone on with from wherever it was cut.
  for (const part of [0, 9, 200, streamed.length / 2 | 0, streamed.length - 1]) {
    const cut = join(dir, `cut${part}`);
    writeFileSync(`${cut}.part`, streamed.subarray(0, part));
    ok('export', 'team', '-o', cut, '--resume', '--server', here.url);
    assert.equal(existsSync(`${cut}.part`), false);
    assert.equal(JSON.parse(ok('log', 'verify', cut, '--key', key, '--json')).signed_events, 121);
  }

  const there = await Server.start(t, { args: ['--log-name', 'log.example/there', ...kSignAtOnce] });
  await write(t, there, 'other', 3);
  assert.equal(run(['import', bundle, '--data-dir', there.dir]).status, 1, 'not while the server runs');
  await there.kill('SIGTERM');
  const dry = JSON.parse(ok('import', bundle, '--into', 'moved', '--data-dir', there.dir, '--dry-run', '--json'));
  assert.deepEqual([dry.workspace, dry.appended, dry.dry_run], ['moved', 121, true]);
  assert.doesNotMatch(ok('ls', '--data-dir', there.dir), /moved/);
  ok('import', bundle, '--into', 'moved', '--data-dir', there.dir, '--key', key);
  assert.equal(JSON.parse(ok('import', bundle, '--into', 'moved', '--data-dir', there.dir, '--json')).appended, 0);
  assert.match(run(['import', bundle, '--into', 'other', '--data-dir', there.dir]).stderr, /another log in this workspace/);
  const verified = JSON.parse(ok('log', 'verify', '--data-dir', there.dir, '--json'));
  assert.equal(verified.origin_events, 121);

  // It goes on there: served, written to, signed by its new keeper, and proved by either key.
  await there.launch();
  const seen = await fresh(t, there, 'moved', 'plan');
  assert.equal(seen.text.toString(), text);
  await write(t, there, 'moved', 5);
  const [new_key] = (await (await fetch(`${there.url}/v1/keys`)).text()).trim().split('\n');
  const event = JSON.parse((await (await fetch(`${there.url}/v1/workspaces/moved/log?limit=1`)).text()).split('\n')[0]);
  const proof = await (await fetch(`${there.url}/v1/workspaces/moved/proof/1`)).text();
  assert.equal(check_proof(proof, Buffer.from(event.hash, 'hex'), parse_key(new_key)).origin, 'log.example/there/w/moved');
  assert.equal(ok('cat', 'moved/plan', '--at', 'half', '--server', there.url), ok('cat', 'team/plan', '--at', '50', '--server', here.url));
  const again = join(dir, 'again.bundle');
  ok('export', 'moved', '-o', again, '--server', there.url);
  assert.equal(JSON.parse(ok('log', 'verify', again, '--key', key, '--json')).signed_events, 121);
  assert.equal(JSON.parse(ok('log', 'verify', again, '--key', new_key, '--json')).signed_events, 126);
});

test('an export that retention has passed is refused and says why', kTest, async (t) => {
  const server = await Server.start(t, { args: kSignAtOnce });
  await write(t, server, 'team', 10);
  const url = `${server.url}/v1/workspaces/team/export`;
  const file = join(scratch_dir(t, 'passed'), 'team.bundle');
  const begun = Buffer.from(await (await fetch(url)).arrayBuffer());
  writeFileSync(`${file}.part`, begun.subarray(0, begun.length - 1));
  await write(t, server, 'team', 10);
  ok('retention', 'set', 'team', '--keep-last', '3', '--server', server.url);
  ok('retention', 'run', 'team', '--server', server.url);
  const refused = await fetch(`${url}?size=10&after=0&crc=0`);
  assert.equal(refused.status, 409);
  assert.match((await refused.json()).error.message, /kept from position 18 on, and the file ends at 10/);
  const resumed = run(['export', 'team', '-o', file, '--resume', '--server', server.url]);
  assert.equal(resumed.status, 1);
  assert.match(resumed.stderr, /retention has moved on/);
  assert.doesNotMatch(resumed.stderr, /--resume/);
  ok('export', 'team', '-o', file, '--server', server.url);
  assert.equal(JSON.parse(ok('log', 'verify', file, '--json')).events, 21);
});

test('what differs is named, and with --verify nothing of it is served', kTest, async (t) => {
  const server = await Server.start(t, { args: kSignAtOnce });
  await write(t, server, 'team', 40);
  const bundle = join(scratch_dir(t, 'bundles'), 'team.bundle');
  ok('export', 'team', '-o', bundle, '--server', server.url);
  await server.kill('SIGTERM');
  const copy = join(scratch_dir(t, 'copies'), 'copy');
  cpSync(server.dir, copy, { recursive: true });
  const before = readdirSync(copy, { recursive: true }).sort();
  ok('log', 'verify', '--data-dir', copy);
  assert.deepEqual(readdirSync(copy, { recursive: true }).sort(), before, 'it changes nothing');

  truncateSync(bundle, readFileSync(bundle).length - 1);
  const cut = run(['log', 'verify', bundle, '--json']);
  assert.equal(cut.status, 1);
  assert.equal(JSON.parse(cut.stdout).check, 'bundle');
  assert.equal(run(['import', bundle, '--into', 'x', '--data-dir', copy]).status, 1);
  assert.doesNotMatch(ok('ls', '--data-dir', copy), /^x/m);

  // A key that signed nothing here: what was signed cannot be believed any more.
  writeFileSync(join(copy, 'keys', 'public'), 'damaged\n');
  const keys = run(['log', 'verify', '--data-dir', copy, '--json']);
  assert.equal(keys.status, 1);
  assert.equal(JSON.parse(keys.stdout).check, 'keys');
  const refused = run(['serve', '--verify', '--data-dir', copy, '--port', '0']);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /keys\/public/);
});
