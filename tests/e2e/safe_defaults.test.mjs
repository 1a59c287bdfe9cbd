// What a server refuses or limits without any option. (TLS: tests/backend/net_tls_test.cpp.)

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, openSync, readFileSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { WebSocket, converged, fresh, y_client } from './lib/clients.mjs';
import { Raw } from './lib/raw.mjs';
import { Server, at_end, binary, kSignAtOnce, run, scratch_dir } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

// A request with headers that fetch() does not let a program set.
function ask(server, path, headers = {}, { method = 'GET', agent } = {}) {
  return new Promise((done, failed) => {
    const asked = request(server.url + path, { method, headers, agent }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece) => (text += piece));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, text }));
    });
    asked.on('error', failed).end();
  });
}

test('an open server answers nothing to a page whose name was pointed to this machine', kTest, async (t) => {
  const server = await Server.start(t);
  const ann = await y_client(t, server, 'w', 'secret');
  ann.text.insert(0, 'not for others');
  await until(async () => (await server.get('/v1/workspaces/w/log')).text !== '', 'the edit is in the log');
  const paths = ['/', '/healthz', '/readyz', '/metrics', '/openapi.json', '/v1/workspaces', '/v1/workspaces/w/log', '/v1/workspaces/w/export',
    '/v1/workspaces/w/state', '/v1/workspaces/w/objects/secret', '/y/w/secret'];
  for (const path of paths) {
    for (const Host of ['evil.example', `evil.example:${server.port}`, `localhost.evil.example:${server.port}`, '192.168.1.5']) {
      const { status, text } = await ask(server, path, { Host });
      assert.equal(status, 421, `${path} as ${Host}`);
      assert.match(JSON.parse(text).error.message, /--allow-host/);
      assert.ok(!text.includes('not for others'));
    }
    for (const Host of [`localhost:${server.port}`, '127.0.0.1', '[::1]:1']) assert.notEqual((await ask(server, path, { Host })).status, 421, `${path} as ${Host}`);
  }
  for (const path of ['/y/w/secret', '/hocuspocus/w']) {
    const rebound = await new Raw(t, server.ws + path, { headers: { Host: `evil.example:${server.port}` } }).open();
    assert.equal((await rebound.refusal()).status, 421);
    const local = await new Raw(t, server.ws + path, { headers: { Host: `localhost:${server.port}` } }).open();
    assert.equal(local.socket.readyState, WebSocket.OPEN);
  }
});

test('--allow-host adds names, and limits a server with tokens to them', kTest, async (t) => {
  const status = async (server, Host, headers = {}) => (await ask(server, '/v1/workspaces', { Host, ...headers })).status;
  const open = await Server.start(t, { args: ['--allow-host', 'docs.example', '--allow-host', 'Other.example'] });
  assert.equal(await status(open, 'docs.example:8080'), 200);
  assert.equal(await status(open, 'other.example'), 200);
  assert.equal(await status(open, 'evil.example'), 421);
  const bearer = { Authorization: 'Bearer secret' };
  const closed = await Server.start(t, { env: { SYNCLINE_TOKEN: 'secret' } });
  assert.equal(await status(closed, 'any.example', bearer), 200);
  const named = await Server.start(t, { env: { SYNCLINE_TOKEN: 'secret', SYNCLINE_ALLOW_HOST: 'docs.example' } });
  assert.equal(await status(named, 'docs.example', bearer), 200);
  assert.equal(await status(named, 'any.example', bearer), 421);
  for (const bad of ['*', 'docs.example:80', 'https://docs.example'])
    assert.equal(run(['serve', '--allow-host', bad, '--data-dir', scratch_dir(t), '--port', '0']).status, 2, bad);
});

test('many wrong tokens are answered slowly, then with 429; right ones at once', kTest, async (t) => {
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'secret' }, args: ['--threads', '1'] });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const statuses = [];
  const start = Date.now();
  let stop = false;
  const guessing = (async () => {
    for (let i = 0; !stop; ++i) statuses.push((await ask(server, '/v1/workspaces', { Authorization: `Bearer guess${i}` }, { agent })).status);
  })();
  await until(() => Date.now() - start > 5000, 'five seconds pass');
  assert.ok(statuses.length >= 5 && statuses.length <= 30, `${statuses.length} guesses were answered in five seconds`);
  // Many connections share the address.
  const many = await Promise.all(Array.from({ length: 60 }, (_, i) => ask(server, '/v1/workspaces', { Authorization: `Bearer other${i}` })));
  const refused = many.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 20, `${refused.length} were refused`);
  for (const { headers } of refused) assert.ok(Number(headers['retry-after']) >= 1);
  const before = Date.now();
  const right = await ask(server, '/v1/workspaces', { Authorization: 'Bearer secret' });
  assert.equal(right.status, 200);
  const ann = await y_client(t, server, 'w', 'doc', { params: { token: 'secret' } });
  await until(() => ann.provider.synced, 'a right token opens a document');
  assert.ok(Date.now() - before < 2000, 'without waiting');
  const guess = await new Raw(t, `${server.ws}/y/w/doc?token=guess`).open();
  const opened = Date.now();
  assert.equal((await guess.closing(30_000)).code, 4401);
  assert.ok(Date.now() - opened > 1000, 'a WebSocket waits, too');
  stop = true;
  await guessing;
});

// Fills a file system up to its last byte.
function fill(path) {
  const file = openSync(path, 'w');
  const block = Buffer.alloc(1 << 16, 'x');
  for (let size = block.length; size >= 1; ) {
    try {
      writeSync(file, block, 0, size);
    } catch {
      size >>= 1;
    }
  }
  closeSync(file);
}

test('a full disk: not ready, and yet started, read and cleaned', { timeout: 240_000 }, async (t) => {
  const dir = scratch_dir(t, 'disk');
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=300m', 'syncline-test', dir]).status !== 0) return t.skip('no right to mount a small disk');
  at_end(t, async () => spawnSync('umount', ['-l', dir]));
  const server = await Server.start(t, { dir: join(dir, 'data'), args: kSignAtOnce });
  const reserve = join(server.dir, 'reserve');
  assert.equal(statSync(reserve).size, 64 << 20);
  const ann = await y_client(t, server, 'w', 'doc');
  for (let i = 0; i < 40; ++i) {
    ann.text.insert(0, randomBytes(50_000).toString('hex'));
    await sleep(20);
  }
  await converged([ann, await fresh(t, server, 'w', 'doc')]);
  const text = ann.text.toString();
  ann.provider.destroy();

  const ballast = join(dir, 'ballast');
  fill(ballast);
  const ready = async () => (await server.get('/readyz')).status;
  await until(async () => (await ready()) === 503, 'the server is not ready');
  assert.match((await server.get('/readyz')).text, /the disk is full/);
  assert.equal(await server.metric('disk_full'), 1);
  assert.equal(statSync(reserve).size, 0, 'the reserve is released');

  // The worst case: killed, and the space of the reserve is gone, too, but for what a start needs.
  await server.kill('SIGKILL');
  await server.launch();
  assert.equal(await ready(), 503);
  assert.equal((await server.get('/healthz')).status, 200);
  assert.equal((await server.object('w', 'doc')).content, text, 'everything can be read');
  const bob = await y_client(t, server, 'w', 'doc', { wait: false });
  const closes = [];
  bob.provider.on('connection-close', (event) => closes.push(event));
  await until(() => bob.provider.synced, 'also by a client');
  bob.text.insert(0, 'refused');
  await until(() => closes.length > 0, 'but nothing is written');
  assert.equal(closes[0].code, 4503);
  bob.provider.destroy();

  const cli = (...args) => run([...args, '--server', server.url]);
  const set = cli('retention', 'set', 'w', '--keep-last', '1');
  assert.equal(set.status, 0, set.stderr);
  const applied = cli('retention', 'run', 'w');
  assert.equal(applied.status, 0, applied.stderr);
  const log = (await server.get('/v1/workspaces/w/log?limit=1000')).text;
  assert.ok(log.split('"dropped":true').length > 20, 'payloads are dropped');
  assert.equal((await server.object('w', 'doc')).content, text);

  rmSync(ballast);
  await until(async () => (await ready()) === 200, 'the server is ready again');
  assert.equal(statSync(reserve).size, 64 << 20, 'the reserve is taken again');
  const eve = await y_client(t, server, 'w', 'doc');
  eve.text.insert(0, 'written ');
  await until(async () => (await server.object('w', 'doc')).content.startsWith('written '), 'it is written again');
});

// Everything below a directory, the directory too, that others than its owner can open.
function open_to_others(dir) {
  const all = [dir, ...readdirSync(dir, { recursive: true }).map((name) => join(dir, name))];
  return all.filter((path) => (statSync(path).mode & 0o077) !== 0);
}

test('what is written is private, whatever the umask', kTest, async (t) => {
  const free = ['sh', '-c', 'umask 0; exec "$@"', 'sh'];
  const out = scratch_dir(t, 'out');
  const backups = join(out, 'backups');
  const server = await Server.start(t, { wrap: free, dir: join(scratch_dir(t), 'data'), args: [...kSignAtOnce, '--backup-dir', backups] });
  const ann = await y_client(t, server, 'w', 'doc');
  ann.text.insert(0, 'private');
  await server.signed('w');
  const cli = (...args) => spawnSync(free[0], [...free.slice(1), binary, ...args], { encoding: 'utf8' });
  const file = join(out, 'w.bundle');
  assert.equal(cli('export', 'w', '-o', file, '--server', server.url).status, 0);
  assert.equal(cli('backup', 'create', 'nightly', '--server', server.url).status, 0);
  const begun = await fetch(`${server.url}/v1/workspaces/other/import?offset=0`, { method: 'POST', body: readFileSync(file).subarray(0, 40) });
  assert.ok(begun.status < 500, await begun.text());
  assert.equal(cli('import', file, '--into', 'copy', '--data-dir', join(out, 'second')).status, 0);
  assert.deepEqual(open_to_others(server.dir), []);
  assert.deepEqual(open_to_others(out), []);
  assert.doesNotMatch(server.stderr, /private/);

  await server.kill('SIGTERM');
  const loosened = [server.dir, join(server.dir, 'LOCK'), join(server.dir, 'keys'), join(server.dir, 'keys/signing.key')];
  for (const path of loosened) chmodSync(path, 0o755);
  await server.launch();
  assert.deepEqual(open_to_others(server.dir), []);
  assert.match(server.stderr, /private now: other users could read files of the data directory.*4/);
});
