// Files: uploads with the published tus client, over broken connections and a killed server; what is stored, and what
// becomes of it.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import test from 'node:test';
import * as tus from 'tus-js-client';
import { Server, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kMiB = 1 << 20;

const files_url = (server, object, tenant = '') => `${server.url}${tenant}/v1/workspaces/team/files/${object}`;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const bytes_of = async (url, headers = {}) => {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
};

// Resolves when the upload is complete.
function upload(server, object, bytes, options = {}, tenant = '') {
  return new Promise((done, failed) => {
    const sent = new tus.Upload(bytes, {
      endpoint: `${server.url}${tenant}/v1/workspaces/team/uploads/${object}`,
      retryDelays: [50, 100, 200, 400, 800, 1600, 3200],
      metadata: { filename: `${object}.bin`, filetype: 'application/octet-stream' },
      onError: failed,
      onSuccess: () => done(sent),
      ...options,
    });
    sent.start();
  });
}

const chunks = (server) => readdirSync(join(server.dir, 'files'));

test('an upload goes on where it was after a pause and after the server was killed', kTest, async (t) => {
  const server = await Server.start(t);
  const bytes = randomBytes(6 * kMiB + 12345);
  let killed = false;
  const offsets = [];
  const sent = await upload(server, 'film', bytes, {
    chunkSize: 700_000,
    onChunkComplete: async (_, accepted) => {
      offsets.push(accepted);
      if (!killed && accepted > 3 * kMiB) {
        killed = true;
        await server.restart();
      }
    },
  });
  assert.ok(killed && sent.url.includes('/uploads/film?upload='));
  assert.equal(offsets.at(-1), bytes.length);
  const got = await bytes_of(files_url(server, 'film'));
  assert.ok(got.bytes.equals(bytes));
  assert.equal(got.headers.get('content-disposition'), "attachment; filename*=UTF-8''film.bin");
  assert.equal(got.headers.get('repr-digest'), `sha-256=:${sha256(bytes).toString('base64')}:`);
  const part = await bytes_of(files_url(server, 'film'), { Range: `bytes=${kMiB - 5}-${kMiB + 4}` });
  assert.equal(part.status, 206);
  assert.ok(part.bytes.equals(bytes.subarray(kMiB - 5, kMiB + 5)));

  // A pause by hand, and another client that goes on with the address alone.
  const other = randomBytes(3 * kMiB);
  const begun = await new Promise((done, failed) => {
    const first = new tus.Upload(other, {
      endpoint: `${server.url}/v1/workspaces/team/uploads/song`, chunkSize: 500_000, onError: failed,
      onChunkComplete: async (_, accepted) => {
        if (accepted < kMiB) return;
        await first.abort();
        done(first.url);
      },
    });
    first.start();
  });
  const offset = async () => Number((await fetch(begun, { method: 'HEAD', headers: { 'Tus-Resumable': '1.0.0' } })).headers.get('upload-offset'));
  await until(async () => (await offset()) >= kMiB, 'the server has what came');
  await server.restart();
  assert.ok((await offset()) >= kMiB);
  await upload(server, 'song', other, { uploadUrl: begun });
  assert.ok((await bytes_of(files_url(server, 'song'))).bytes.equals(other));
});

test('what a broken connection has sent is kept', kTest, async (t) => {
  const server = await Server.start(t);
  const bytes = randomBytes(3 * kMiB + 17);
  const headers = { 'Tus-Resumable': '1.0.0' };
  const made = await fetch(`${server.url}/v1/workspaces/team/uploads/a`, { method: 'POST', headers: { ...headers, 'Upload-Length': bytes.length } });
  assert.equal(made.status, 201);
  const url = new URL(made.headers.get('location'), made.url).href;
  const cut = new AbortController();
  const half = new ReadableStream({
    start(stream) { stream.enqueue(bytes.subarray(0, kMiB + 1000)); },  // and then nothing
  });
  const sending = fetch(url, { method: 'PATCH', body: half, duplex: 'half', signal: cut.signal,
    headers: { ...headers, 'Upload-Offset': '0', 'Content-Type': 'application/offset+octet-stream' } });
  sending.catch(() => {});
  await until(() => chunks(server).length === 1, 'the first chunk is stored');
  const busy = await fetch(url, { method: 'HEAD', headers });
  assert.equal(busy.status, 423);
  cut.abort();
  const offset = async () => Number((await fetch(url, { method: 'HEAD', headers })).headers.get('upload-offset'));
  await until(async () => (await offset()) === kMiB + 1000, 'all that came is stored');
  await server.restart();
  assert.equal(await offset(), kMiB + 1000);
  await upload(server, 'a', bytes, { uploadUrl: url });
  assert.ok((await bytes_of(files_url(server, 'a'))).bytes.equals(bytes));
});

test('equal bytes are stored once in a tenant, and apart in another', kTest, async (t) => {
  const server = await Server.start(t);
  const made = await fetch(`${server.url}/v1/tenants/acme`, { method: 'POST' });
  assert.equal(made.status, 201);
  const bytes = randomBytes(2 * kMiB + 5);
  await upload(server, 'a', bytes);
  await upload(server, 'b', bytes);
  await until(() => chunks(server).length === 3, 'three chunks');
  assert.equal((await bytes_of(files_url(server, 'a', '/t/acme'))).status, 404);
  await upload(server, 'a', bytes, {}, '/t/acme');
  await until(() => chunks(server).length === 6, 'three more');
  for (const url of [files_url(server, 'a'), files_url(server, 'b'), files_url(server, 'a', '/t/acme')])
    assert.ok((await bytes_of(url)).bytes.equals(bytes), url);
});

test('what is erased is nowhere in the data directory, and what others have stays', kTest, async (t) => {
  const server = await Server.start(t);
  const shared = randomBytes(kMiB);
  const secret = Buffer.concat([shared, Buffer.from('the secret of the file '.repeat(20))]);
  const put = async (object, body) => assert.ok((await fetch(files_url(server, object), { method: 'PUT', body })).ok);
  await put('kept', shared);
  await put('erased', secret);
  await put('erased', Buffer.from('a second version'));
  assert.ok((await bytes_of(`${files_url(server, 'erased')}?at=2`)).bytes.equals(secret));
  const all_files = (folder) => readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? all_files(path) : [path];
  });
  const holds = (file, text) => {
    try {
      return readFileSync(file).includes(text);
    } catch (error) {
      if (error.code === 'ENOENT') return false;  // it was just removed
      throw error;
    }
  };
  const found = (text) => all_files(server.dir).filter((file) => holds(file, text));
  assert.equal(found('the secret of the file').length, 1);
  const erased = await fetch(`${server.url}/v1/workspaces/team/objects/erased?erase=now`, { method: 'DELETE' });
  assert.equal(erased.status, 200);
  await until(() => found('the secret of the file').length + found('a second version').length === 0, 'nothing is left');
  assert.equal((await fetch(files_url(server, 'erased'))).status, 410);
  assert.equal((await fetch(`${files_url(server, 'erased')}?at=2`)).status, 410);
  assert.ok((await bytes_of(files_url(server, 'kept'))).bytes.equals(shared));
  assert.equal(chunks(server).length, 1);
});

test('a backup has the files', kTest, async (t) => {
  const server = await Server.start(t);
  const bytes = randomBytes(kMiB + 100);
  await upload(server, 'a', bytes);
  await server.kill('SIGTERM');
  const backup = join(scratch_dir(t, 'backup'), 'nightly');
  const restored = join(scratch_dir(t, 'restored'), 'data');
  for (const args of [['backup', 'create', backup, '--data-dir', server.dir], ['backup', 'check', backup], ['backup', 'restore', backup, '--data-dir', restored]]) {
    const done = run(args);
    assert.equal(done.status, 0, done.stderr);
  }
  const again = await Server.start(t, { dir: restored });
  assert.ok((await bytes_of(files_url(again, 'a'))).bytes.equals(bytes));
});

// `make soak` sends 5 GB (scripts/soak-files.sh).
test('a file that is larger than the memory of the server flows through it', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--memory-mib', '128'] });
  const piece = randomBytes(kMiB);
  const kPieces = 160;
  const memory = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
  const hash = createHash('sha256');
  function* pieces() {
    for (let i = 0; i < kPieces; ++i) {
      piece.writeUInt32BE(i);
      hash.update(piece);
      yield Buffer.from(piece);
    }
  }
  const put = await fetch(files_url(server, 'big'), { method: 'PUT', body: Readable.toWeb(Readable.from(pieces())), duplex: 'half' });
  assert.equal(put.status, 201);
  const sent = hash.digest('hex');
  assert.equal((await put.json()).hash, sent);
  const got = createHash('sha256');
  for await (const part of (await fetch(files_url(server, 'big'))).body) got.update(part);
  assert.equal(got.digest('hex'), sent);
  assert.ok(memory() < 128, `${memory()} MiB of memory`);
});

test('a file keeps its versions under another name, and log verify reads all bytes', kTest, async (t) => {
  const server = await Server.start(t);
  const versions = [randomBytes(2 * kMiB + 500), randomBytes(1000)];
  for (const body of versions) assert.ok((await fetch(files_url(server, 'logo'), { method: 'PUT', body })).ok);
  const renamed = await fetch(`${server.url}/v1/workspaces/team/rename/logo?to=images/logo`, { method: 'POST' });
  assert.equal(renamed.status, 200, await renamed.text());
  assert.deepEqual((await bytes_of(files_url(server, 'images/logo'))).bytes, versions[1]);
  assert.deepEqual((await bytes_of(`${files_url(server, 'images/logo')}?at=1`)).bytes, versions[0]);
  assert.deepEqual((await bytes_of(files_url(server, 'logo'))).bytes, versions[1], 'sent on');
  await server.kill();

  const verify = () => run(['log', 'verify', '--data-dir', server.dir]);
  assert.match(verify().stdout, /files: 2 files with 2\.0 MiB, intact/);
  const chunk = join(server.dir, 'files', chunks(server).find((name) => statSync(join(server.dir, 'files', name)).size > 1000));
  const bytes = readFileSync(chunk);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(chunk, bytes);
  const damaged = verify();
  assert.equal(damaged.status, 1);
  assert.match(damaged.stderr, /the file [0-9a-f]{64} is damaged/);
});
