// A workspace comes to a running server as a file, in pieces, whatever happens on the way.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { WebSocket } from 'ws';
import { converged, edit_each, fresh, y_client } from './lib/clients.mjs';
import { Api } from './lib/openapi.mjs';
import { Server, kSignAtOnce, run, scratch_dir } from './lib/server.mjs';
import { until, within } from './lib/wait.mjs';

const kTest = { timeout: 240_000 };
const kEdits = 120;
const kEvents = kEdits + 1;  // and one that sets a pin

const ok = (...args) => {
  const done = run(args, { ms: 120_000 });
  assert.equal(done.status, 0, done.stderr);
  return done.stdout;
};

// A bundle of a workspace `team` with one text: { file, bytes, text }.
async function exported(t) {
  const server = await Server.start(t, { args: ['--log-name', 'log.example/here', ...kSignAtOnce] });
  const client = await y_client(t, server, 'team', 'plan', { params: { ack: '1' } });
  await edit_each(client, kEdits, (i) => client.text.insert(0, `${i} `));
  await converged([client, await fresh(t, server, 'team', 'plan')]);
  client.provider.destroy();
  ok('pin', 'set', 'team', 'half', '--at', '50', '--server', server.url);
  await server.signed('team');
  const file = join(scratch_dir(t, 'bundles'), 'team.bundle');
  ok('export', 'team', '-o', file, '--server', server.url);
  const text = client.text.toString();
  await server.kill('SIGTERM');
  return { file, bytes: readFileSync(file), text };
}

// CRC-32C of Castagnoli, as every section ends with.
function crc32c(bytes, start = 0) {
  let crc = ~start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

// Where sections begin.
function sections(bytes) {
  const starts = [];
  for (let at = 8; at < bytes.length; at += 9 + bytes.readUInt32BE(at + 1)) starts.push(at);
  return starts;
}

class Import {
  constructor(api, workspace) {
    this.api = api;
    this.path = `/v1/workspaces/${workspace}/import`;
  }

  async status() {
    const { status, body } = await this.api.ask('GET', this.path);
    assert.equal(status, 200);
    return body;
  }

  send(offset, body) {
    return this.api.ask('POST', `${this.path}?offset=${offset}`, { body });
  }

  // From `offset` on, in pieces; gives the last answer.
  async send_all(bytes, offset, size = 1500) {
    let answer;
    for (let at = offset; at < bytes.length; at += size) {
      answer = await this.send(at, bytes.subarray(at, at + size));
      if (answer.status !== 200) break;
    }
    return answer;
  }

  ended() {
    return until(async () => ['done', 'failed', 'none'].includes((await this.status()).state), 'the import ends', 60_000);
  }
}

const refused_upgrade = (url) => new Promise((found) => {
  const socket = new WebSocket(url);
  socket.on('unexpected-response', (_, response) => found(response.statusCode));
  socket.on('open', () => found('open'));
  socket.on('error', () => {});
});

test('an import goes on where it was interrupted, and nobody sees half of it', kTest, async (t) => {
  const { file, bytes, text } = await exported(t);
  const server = await Server.start(t, { args: ['--log-name', 'log.example/there'] });
  let api = await Api.of(server);
  let half = new Import(api, 'moved');
  assert.deepEqual(await half.status(), { workspace: 'moved', state: 'none', received: 0, done: 0, appended: 0, bundle: null, failure: null });
  assert.equal((await half.send(10, bytes.subarray(10, 20))).status, 409, 'it begins at its beginning');
  const cut = sections(bytes).at(-2) + 100;
  assert.equal((await half.send_all(bytes.subarray(0, cut), 0)).body.received, cut);
  assert.equal((await half.status()).bundle.events, kEvents);

  const closed = async () => {
    assert.equal((await api.ask('GET', '/v1/workspaces/moved/objects/plan')).status, 503);
    assert.equal((await api.ask('GET', '/v1/workspaces/moved/export')).status, 503);
    assert.equal((await api.ask('PUT', '/v1/workspaces/moved/pins/p?at=0')).status, 503);
    assert.equal(await within(refused_upgrade(`${server.y('moved')}/plan`), 'refused'), 503);
    assert.equal(await within(refused_upgrade(server.hocuspocus('moved')), 'refused'), 503);
  };
  await closed();
  assert.equal((await half.send(5, bytes.subarray(5, 9))).status, 409, 'other bytes are next');
  await server.restart();
  await closed();
  half = new Import(api, 'moved');
  assert.equal((await half.status()).received, sections(bytes).at(-2), 'whole sections are kept');

  const said = JSON.parse(ok('import', file, '--into', 'moved', '--server', server.url, '--json'));
  assert.deepEqual([said.workspace, said.events, said.there_before, said.appended], ['moved', kEvents, 0, kEvents]);
  assert.equal((await half.status()).state, 'done');
  assert.equal((await fresh(t, server, 'moved', 'plan')).text.toString(), text);
  assert.equal(JSON.parse(ok('import', file, '--into', 'moved', '--server', server.url, '--json')).appended, 0);
  assert.equal((await api.ask('GET', '/v1/workspaces/moved/pins')).body.pins[0].name, 'half');
  const again = join(scratch_dir(t, 'bundles'), 'again.bundle');
  ok('export', 'moved', '-o', again, '--server', server.url);
  assert.equal(JSON.parse(ok('log', 'verify', again, '--json')).events, kEvents);

  // The end of the process while the whole bundle is verified and appended.
  const late = new Import(api, 'late');
  assert.equal((await late.send_all(bytes, 0, 100_000)).body.received, bytes.length);
  await server.restart();
  await late.ended();
  assert.equal((await fresh(t, server, 'late', 'plan')).text.toString(), text);
  await server.kill('SIGTERM');
  assert.equal(JSON.parse(ok('log', 'verify', '--data-dir', server.dir, '--json')).origin_events, 2 * kEvents);
});

test('what is damaged leaves no trace', kTest, async (t) => {
  const { file, bytes, text } = await exported(t);
  const server = await Server.start(t);
  const api = await Api.of(server);
  const damaged = Buffer.from(bytes);
  damaged[sections(bytes).at(-2) + 50] ^= 1;
  const import_of = (workspace) => new Import(api, workspace);

  // In its bytes: refused as they come; what came before can be gone on with, or given up.
  const first = import_of('first');
  const refused = await first.send_all(damaged, 0);
  assert.equal(refused.status, 400);
  assert.match(refused.body.error.message, /checksum/);
  assert.equal((await first.status()).received, sections(bytes).at(-2));
  const other = join(scratch_dir(t, 'bundles'), 'other');
  writeFileSync(other, damaged);
  assert.match(run(['import', other, '--into', 'x', '--server', server.url]).stderr, /checksum/);
  assert.equal((await import_of('x').status()).state, 'none', 'a file is verified before it is sent');
  assert.equal((await api.ask('DELETE', '/v1/workspaces/first/import')).body.state, 'none');
  assert.equal((await api.ask('DELETE', '/v1/workspaces/first/import')).status, 404);
  assert.equal((await api.ask('GET', '/v1/workspaces/first/objects/plan')).status, 404, 'it is open again');
  assert.equal((await import_of('text').send(0, Buffer.from('this is no bundle'))).status, 400);
  assert.equal((await import_of('text').status()).state, 'none');

  // In what they say: found when all of it is verified.
  const lie = Buffer.from(bytes);
  const end = sections(bytes).at(-1);
  lie[end + 5 + 3] ^= 1;
  const before = end - 4;
  lie.writeUInt32BE(crc32c(lie.subarray(end, lie.length - 4), bytes.readUInt32BE(before)), lie.length - 4);
  const second = import_of('second');
  assert.equal((await second.send_all(lie, 0)).status, 200);
  await second.ended();
  const { state, failure } = await second.status();
  assert.deepEqual([state, failure.check], ['failed', 'tree']);
  assert.deepEqual((await api.ask('GET', '/v1/workspaces')).body.workspaces, []);
  const client = await y_client(t, server, 'second', 'plan');
  client.text.insert(0, 'mine');
  await converged([client, await fresh(t, server, 'second', 'plan')]);

  // Another file is on its way: only who says so replaces it.
  await import_of('third').send_all(bytes.subarray(0, 300), 0);
  const longer = await exported(t);
  assert.match(run(['import', longer.file, '--into', 'third', '--server', server.url]).stderr, /another file is on its way/);
  ok('import', file, '--into', 'third', '--server', server.url, '--restart');
  assert.equal((await fresh(t, server, 'third', 'plan')).text.toString(), text);

  // A workspace that exists is left alone.
  assert.equal((await import_of('second').send(0, bytes.subarray(0, 300))).status, 409);
  assert.match(run(['import', file, '--into', 'second', '--server', server.url]).stderr, /another log/);
  await y_client(t, server, 'open', 'plan');
  assert.equal((await import_of('open').send(0, bytes.subarray(0, 300))).status, 503);
});

test('who may not write may not import', kTest, async (t) => {
  const { file, bytes } = await exported(t);
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'secret', SYNCLINE_READ_TOKEN: 'look' } });
  const path = `${server.url}/v1/workspaces/moved/import`;
  const ask = (method, token) => fetch(`${path}?offset=0`, { method, headers: token ? { Authorization: `Bearer ${token}` } : {}, body: method === 'POST' ? bytes.subarray(0, 100) : undefined });
  for (const method of ['GET', 'POST', 'DELETE']) assert.equal((await ask(method)).status, 401, method);
  for (const method of ['POST', 'DELETE']) assert.equal((await ask(method, 'look')).status, 403, method);
  assert.equal((await (await ask('GET', 'look')).json()).state, 'none');
  assert.match(run(['import', file, '--server', server.url, '--into', 'moved']).stderr, /token/);
  const env = { SYNCLINE_TOKEN: 'secret' };
  const dry = run(['import', file, '--server', server.url, '--into', 'moved', '--dry-run', '--json'], { env });
  assert.equal(JSON.parse(dry.stdout).appended, kEvents);
  assert.equal((await (await ask('GET', 'look')).json()).state, 'none');
  assert.equal(run(['import', file, '--server', server.url, '--into', 'moved'], { env }).status, 0);
});
