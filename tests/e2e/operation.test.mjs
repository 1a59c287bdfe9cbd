// What an operator meets: health, metrics, TLS, signals, tokens, a full disk, a data directory that is in use, torn or
// damaged.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, cpSync, readFileSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { get as https_get } from 'node:https';
import { join } from 'node:path';
import test from 'node:test';
import { TrustingSocket, WebSocket, Y, converged, fresh, h_client, h_socket, y_client } from './lib/clients.mjs';
import { Promises } from './lib/observed_socket.mjs';
import { check_page } from './lib/prometheus.mjs';
import { Raw } from './lib/raw.mjs';
import { Server, at_end, run, scratch_dir } from './lib/server.mjs';
import { once, sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 180_000 };

// A client that knows what is saved, and a way to wait for it.
async function saving_client(t, server, object, options = {}) {
  const promises = new Promises('y');
  const client = await y_client(t, server, 'w', object, { ...options, params: { ack: '1', ...options.params }, WebSocketPolyfill: promises.Socket });
  const write = (text) => promises.edit(text, () => client.text.insert(client.text.length, text));
  return { ...client, promises, write, saved: (text) => until(() => promises.confirmed.includes(text), `'${text.slice(0, 20)}' is saved`) };
}

const kTail = `tail ${'.'.repeat(300)}`;

async function with_content(t) {
  const server = await Server.start(t);
  const client = await saving_client(t, server, 'doc');
  for (let i = 0; i < 200; ++i) client.write(`line ${i}\n`);
  await client.saved('line 199\n');
  // An append of its own, so that a tail that is torn tears this and nothing else.
  client.write(kTail);
  await client.saved(kTail);
  client.provider.destroy();
  await server.kill();
  return { server, content: client.text.toString() };
}

test('health, readiness and metrics', kTest, async (t) => {
  const server = await Server.start(t);
  assert.match(JSON.stringify(server.announced), /"durability":"disk"/);
  assert.equal(server.announced.pid, server.pid);
  for (const path of ['/healthz', '/readyz']) assert.equal((await server.get(path)).status, 200);
  const client = await saving_client(t, server, 'doc');
  client.write('hello');
  await client.saved('hello');
  const { status, headers, text } = await server.get('/metrics');
  assert.equal(status, 200);
  assert.match(headers.get('content-type'), /^text\/plain/);
  check_page(text);
  assert.equal(await server.metric('websockets'), 1);
  assert.ok((await server.metric('acks_total')) >= 1);
  assert.ok((await server.metric('log_commits_total')) >= 1);
  assert.ok((await server.metric('process_resident_memory_bytes')) > 1e6);
  client.provider.destroy();
  await until(async () => (await server.metric('websockets')) === 0, 'the gauge falls');
});

test('what is stored can be listed and read', kTest, async (t) => {
  const server = await Server.start(t);
  const client = await saving_client(t, server, 'notes/plan');
  client.write('hello');
  await client.saved('hello');
  assert.deepEqual((await server.json('/v1/workspaces')).workspaces, ['w']);
  assert.deepEqual((await server.json('/v1/workspaces/w/objects')).objects, ['notes/plan']);
  assert.equal((await server.object('w', 'notes/plan')).content, 'hello');
  const response = await fetch(`${server.url}/v1/workspaces/w/objects/notes/plan`, { headers: { Accept: 'application/octet-stream' } });
  const doc = new Y.Doc();
  Y.applyUpdate(doc, new Uint8Array(await response.arrayBuffer()));
  assert.equal(doc.getText('content').toString(), 'hello');
  const log = (await server.get('/v1/workspaces/w/log')).text.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(log.length, 1);
  assert.equal(log[0].object, 'notes/plan');
});

test('SIGTERM drains: what was sent is saved, sockets close with 1001, exit code 0', kTest, async (t) => {
  const server = await Server.start(t);
  const client = await saving_client(t, server, 'doc', { shouldReconnect: () => false });
  const h = await h_client(t, server, 'w', 'doc', 4);
  const closes = [];
  client.provider.on('connection-close', (event) => closes.push(event?.code));
  h.provider.configuration.websocketProvider.shouldConnect = false;
  for (let i = 0; i < 500; ++i) client.write(`<${i}>`);
  const sent = client.text.toString();
  const { code } = await server.kill('SIGTERM');
  assert.equal(code, 0, server.stderr);
  await until(() => closes.length === 1 && h.events.closed.length > 0, 'both are closed');
  assert.deepEqual(closes, [1001]);
  assert.ok(h.events.closed.some((event) => event.code === 1001), JSON.stringify(h.events.closed));
  await server.launch();
  const late = await fresh(t, server, 'w', 'doc');
  for (const text of client.promises.confirmed) assert.ok(late.text.toString().includes(text), `${text} was confirmed`);
  assert.ok(sent.startsWith(late.text.toString()));
});

test('a second SIGTERM ends it at once', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--drain-seconds', '30'] });
  // One who never answers the closing handshake keeps the first waiting.
  const stubborn = await new Raw(t, `${server.y('w')}/doc`).open();
  stubborn.socket._socket.pause();
  server.child.kill('SIGTERM');
  await sleep(300);
  const start = Date.now();
  if (server.child.exitCode === null) {
    const { code, signal } = await server.kill('SIGTERM', 30_000);
    assert.ok(signal === 'SIGTERM' || code !== null);
  }
  assert.ok(Date.now() - start < 15_000, 'long before the 30 s are over');
});

test('new connections are refused while it drains', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--drain-seconds', '4'] });
  const stubborn = await new Raw(t, `${server.y('w')}/doc`).open();
  stubborn.socket._socket.pause();
  server.child.kill('SIGTERM');
  await sleep(200);
  const late = new Raw(t, `${server.y('w')}/doc`);
  await until(() => late.refused || late.closed, 'a latecomer is turned away');
  assert.notEqual(late.socket.readyState, WebSocket.OPEN);
  const { code } = await within_ms(server.ended, 60_000);
  assert.equal(code, 0);
});

const within_ms = (promise, ms) => Promise.race([promise, sleep(ms).then(() => Promise.reject(new Error(`not within ${ms} ms`)))]);

test('tokens: HTTP and y-websocket', kTest, async (t) => {
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'write-token', SYNCLINE_READ_TOKEN: 'read-token' } });
  for (const path of ['/v1/workspaces', '/metrics', '/v1/workspaces/w/log']) {
    const { status, headers } = await server.get(path);
    assert.equal(status, 401, path);
    assert.match(headers.get('www-authenticate'), /Bearer/);
    assert.equal((await server.get(path, { Authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await server.get(path, { Authorization: 'Bearer read-token' })).status, 200);
    assert.equal((await server.get(`${path}?token=write-token`)).status, 200);
  }
  for (const path of ['/', '/healthz', '/readyz']) assert.equal((await server.get(path)).status, 200, path);

  const denied = await new Raw(t, `${server.y('w')}/doc`).open();
  assert.equal((await denied.closing()).code, 4401);
  assert.ok(denied.messages.some((m) => m[0] === 2), 'the reason comes in the protocol, too');
  const wrong = await y_client(t, server, 'w', 'doc', { params: { token: 'wrong' }, wait: false });
  const [{ code }] = await once(wrong.provider, 'closed');
  assert.equal(code, 4401);
  assert.equal(wrong.provider.shouldConnect, false, 'the provider does not try again');

  const writer = await saving_client(t, server, 'doc', { params: { token: 'write-token' } });
  writer.write('public');
  await writer.saved('public');
  const reader = await y_client(t, server, 'w', 'doc', { params: { token: 'read-token' } });
  assert.equal(reader.text.toString(), 'public');
  reader.text.insert(0, 'graffiti ');
  writer.write(' text');
  await until(() => reader.text.toString().endsWith('public text'), 'the reader goes on reading');
  assert.equal(writer.text.toString(), 'public text');
});

test('a public address needs a token, or --insecure', kTest, async (t) => {
  const dir = scratch_dir(t);
  const refused = run(['serve', '--data-dir', dir, '--port', '0', '--address', '0.0.0.0']);
  assert.equal(refused.status, 2, refused.stderr);
  assert.match(refused.stderr, /token/);
  assert.match(refused.stderr, /--insecure/);
  assert.equal(refused.stdout, '');
  const insecure = await Server.start(t, { args: ['--address', '0.0.0.0', '--insecure'] });
  await insecure.kill('SIGTERM');
  const guarded = await Server.start(t, { args: ['--address', '0.0.0.0'], env: { SYNCLINE_TOKEN: 'x' } });
  await guarded.kill('SIGTERM');
  assert.equal(run(['serve', '--data-dir', dir, '--port', '0'], { env: { SYNCLINE_READ_TOKEN: 'x' } }).status, 2);
});

test('TLS', kTest, async (t) => {
  const dir = scratch_dir(t, 'tls');
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-keyout', key, '-out', certificate, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { encoding: 'utf8', timeout: 60_000 });
  assert.equal(made.status, 0, made.stderr);
  const server = await Server.start(t, { args: ['--tls-cert', certificate, '--tls-key', key] });
  assert.match(server.url, /^https:/);
  const health = await new Promise((resolve, reject) =>
    https_get(`${server.url}/healthz`, { ca: readFileSync(certificate), timeout: 30_000 }, (r) => resolve(r.statusCode)).on('error', reject));
  assert.equal(health, 200);

  const a = await y_client(t, server, 'w', 'doc', { WebSocketPolyfill: TrustingSocket });
  const b = await y_client(t, server, 'w', 'doc', { WebSocketPolyfill: TrustingSocket });
  const h = await h_client(t, server, 'w', 'doc', 4, { socket: h_socket(t, server, 'w', 4, { WebSocketPolyfill: TrustingSocket }) });
  a.text.insert(0, 'secret '.repeat(100_000));
  h.text.insert(0, 'also ');
  await converged([a, b, h], 60_000);
  assert.equal(b.text.length, 700_005);

  const plain = new WebSocket(`${server.ws.replace('wss', 'ws')}/y/w/doc`);
  plain.on('error', () => {});
  await once(plain, 'close');
  const missing = run(['serve', '--data-dir', scratch_dir(t), '--port', '0', '--tls-cert', join(dir, 'none.pem'), '--tls-key', key]);
  assert.ok(missing.status === 1 || missing.status === 2);
  assert.match(missing.stderr, /none\.pem/);
  const half = run(['serve', '--data-dir', scratch_dir(t), '--port', '0', '--tls-cert', certificate]);
  assert.equal(half.status, 2);
});

test('a data directory that is in use', kTest, async (t) => {
  const server = await Server.start(t);
  const client = await saving_client(t, server, 'doc');
  const second = run(['serve', '--data-dir', server.dir, '--port', '0']);
  assert.equal(second.status, 1);
  assert.match(second.stderr, /in use/);
  assert.ok(second.stderr.includes(server.dir), second.stderr);
  assert.ok(second.stderr.includes(String(server.pid)), second.stderr);
  client.write('unharmed');
  await client.saved('unharmed');
});

test('a port that is in use', kTest, async (t) => {
  const server = await Server.start(t);
  const second = run(['serve', '--data-dir', scratch_dir(t), '--port', String(server.port)]);
  assert.equal(second.status, 1);
  assert.ok(second.stderr.includes(String(server.port)), second.stderr);
});

test('a data directory that cannot be made', kTest, async (t) => {
  const dir = scratch_dir(t);
  writeFileSync(join(dir, 'file'), 'x');
  const failed = run(['serve', '--data-dir', join(dir, 'file', 'data'), '--port', '0']);
  assert.equal(failed.status, 1);
  assert.ok(failed.stderr.includes('file'), failed.stderr);
});

// Every file below a directory, with its size.
function files(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? files(path) : [{ path, bytes: statSync(path).size }];
  });
}

const log_file = (dir) => files(dir).filter(({ path, bytes }) => path.endsWith('.log') && bytes > 0).sort((a, b) => b.bytes - a.bytes)[0];

test('a torn tail: it starts, and has everything before', kTest, async (t) => {
  const { server, content } = await with_content(t);
  const { path, bytes } = log_file(server.dir);
  const original = scratch_dir(t, 'original');
  cpSync(server.dir, original, { recursive: true });
  for (const cut of [1, 7, 100]) {
    cpSync(original, server.dir, { recursive: true, force: true });
    truncateSync(path, bytes - cut);
    await server.launch();
    assert.match(server.stderr, /recovered|torn|dropped/i, `cut by ${cut}`);
    const late = await fresh(t, server, 'w', 'doc');
    assert.ok(content.startsWith(late.text.toString()), `cut by ${cut}`);
    assert.ok(late.text.length >= content.length - kTail.length, 'only the last append is missing');
    late.provider.destroy();
    await server.kill();
  }
  // Bytes that an interrupted write left behind lose nothing.
  cpSync(original, server.dir, { recursive: true, force: true });
  appendFileSync(path, Buffer.alloc(3));
  await server.launch();
  assert.equal((await fresh(t, server, 'w', 'doc')).text.toString(), content);
});

test('damage in the middle: it refuses to start, says where, and how to repair', kTest, async (t) => {
  const { server } = await with_content(t);
  const { path, bytes } = log_file(server.dir);
  const whole = readFileSync(path);
  const damaged = Buffer.from(whole);
  for (let i = 0; i < 8; ++i) damaged[(bytes >> 1) + i] ^= 0x5a;
  writeFileSync(path, damaged);
  const refused = run(['serve', '--data-dir', server.dir, '--port', '0']);
  assert.equal(refused.status, 1, refused.stderr);
  assert.ok(refused.stderr.includes(path.slice(path.lastIndexOf('/') + 1)), `the file is named: ${refused.stderr}`);
  assert.match(refused.stderr, /byte \d+/);
  assert.match(refused.stderr, /syncline log repair/);
  assert.deepEqual(readFileSync(path), damaged, 'nothing was touched');
  const again = run(['serve', '--data-dir', server.dir, '--port', '0']);
  assert.equal(again.status, 1, 'and it refuses again');
  writeFileSync(path, whole);
  await server.launch();
});

test('the repair that it names works', kTest, async (t) => {
  const { server, content } = await with_content(t);
  const { path, bytes } = log_file(server.dir);
  const damaged = readFileSync(path);
  damaged[(bytes >> 1) + 3] ^= 0xff;
  writeFileSync(path, damaged);
  const refused = run(['serve', '--data-dir', server.dir, '--port', '0']);
  const command = refused.stderr.match(/syncline (log repair .*\S)\s*$/m)?.[1];
  assert.ok(command, refused.stderr);
  const repaired = run(command.split(' '));
  assert.equal(repaired.status, 0, repaired.stderr);
  await server.launch();
  const late = await fresh(t, server, 'w', 'doc');
  assert.ok(content.startsWith(late.text.toString()) && late.text.length > 0, 'what was before the damage is there');
});

// A file system of its own; without the right to mount one, a limit on the size of each file stands in for it.
function small_disk(t, megabytes) {
  const dir = scratch_dir(t, 'disk');
  const mount = (options) => spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'syncline-test', dir]).status === 0;
  const mounted = mount(`size=${megabytes}m`);
  at_end(t, async () => mounted && spawnSync('umount', ['-l', dir]));
  return { mounted, dir, wrap: mounted ? [] : ['prlimit', `--fsize=${4 << 20}`], grow: (size) => mount(`remount,size=${size}m`) };
}

test('a full disk: a clear refusal, nothing confirmed that is not there, and it goes on with room again', { timeout: 360_000 }, async (t) => {
  const disk = small_disk(t, 180);
  const server = await Server.start(t, { dir: disk.dir, wrap: disk.wrap });
  const client = await saving_client(t, server, 'doc');
  const watcher = await y_client(t, server, 'w', 'doc');
  const page_of = (doc) => doc.getMap('map').get('page')?.n ?? -1;
  // Each page replaces the last: the log grows, the document does not. No two bytes of it compress each other.
  const noise = Array.from({ length: 64 }, () => new Uint8Array(randomBytes(500_000)));
  const set_page = (n) => client.promises.edit(n, () => client.doc.getMap('map').set('page', { n, blob: noise[n % noise.length] }));
  const confirmed = () => Math.max(-1, ...client.promises.confirmed);
  const closes = [];
  client.provider.on('connection-close', (event) => closes.push(event));
  let n = 0;
  for (; n < 600 && closes.length === 0; ++n) {
    set_page(n);
    await sleep(10);
  }
  await until(() => closes.length > 0, 'the writer is refused', 60_000);
  const check = ({ doc }) => {
    assert.ok(page_of(doc) >= confirmed(), `page ${confirmed()} was confirmed, there is ${page_of(doc)}`);
    assert.ok(page_of(doc) >= page_of(watcher.doc), 'nobody was shown more than there is');
  };
  const everybody = [client, watcher];
  if (disk.mounted) {
    assert.equal(closes[0].code, 4503);
    assert.match(closes[0].reason, /no space/);
    assert.equal((await server.get('/healthz')).status, 200);
    check(await fresh(t, server, 'w', 'doc'));
    disk.grow(600);
  } else {
    t.diagnostic('no right to mount a small disk: files were limited in size instead');
    for (const { provider } of everybody) provider.disconnect();
    await server.kill();
    server.options.wrap = [];
    await server.launch();
    check(await fresh(t, server, 'w', 'doc'));
    for (const { provider } of everybody) provider.connect();
  }
  set_page(n);
  await until(() => confirmed() === n, 'it is saved now that there is room', 30_000);
  await converged([...everybody, await fresh(t, server, 'w', 'doc')], 30_000);
});

test('a disk that fails: nothing more is confirmed, it says so and ends in order, and nothing confirmed is missing', kTest, async (t) => {
  const server = await Server.start(t);
  const client = await saving_client(t, server, 'doc');
  client.write('before\n');
  await client.saved('before\n');
  const closes = [];
  client.provider.on('connection-close', (event) => closes.push(event));
  // From here on, the kernel refuses every write to a file of the process: what is stored, and what RocksDB reports.
  assert.equal(spawnSync('prlimit', ['--pid', String(server.pid), '--fsize=1:unlimited']).status, 0);
  for (let i = 0; closes.length === 0; ++i) {
    assert.ok(i < 1000, 'edits are refused');
    client.write(`after ${i}\n`);
    await sleep(10);
  }
  assert.equal(closes[0].code, 4500);
  assert.match(closes[0].reason, /the disk failed/);
  // Not abort(): exit code 1, and the reason is the last but one line.
  assert.deepEqual(await server.ended, { code: 1, signal: null });
  assert.match(server.stderr, /storage failed, the server ends.*File too large/);
  assert.match(server.stderr, /"message":"stopped","reason":"the disk failed"/);
  assert.ok(!client.promises.confirmed.some((text) => text.startsWith('after')));
  client.provider.disconnect();
  await server.launch();
  const after = await fresh(t, server, 'w', 'doc');
  assert.match(after.text.toString(), /^before\n/);
});

test('misuse: exit code 2 and a hint', kTest, async () => {
  for (const args of [['serve', '--no-such-option'], ['serve', '--port', '99999'], ['serve', '--port', 'x'], ['serv']]) {
    const misused = run(args);
    assert.equal(misused.status, 2, `${args}: ${misused.stderr}`);
    assert.ok(misused.stderr.length > 10);
    assert.equal(misused.stdout, '');
  }
});
