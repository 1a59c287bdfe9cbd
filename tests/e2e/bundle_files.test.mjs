// Files that move: in a bundle to another server, by a copy or a restore, and to and from the command line.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import test from 'node:test';
import { Readable } from 'node:stream';
import * as tus from 'tus-js-client';
import { Server, begin, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 240_000 };
const kMiB = 1 << 20;

const ok = (...args) => {
  const done = run(args, { ms: 120_000 });
  assert.equal(done.status, 0, `${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
};
const files_url = (server, object, workspace = 'team', tenant = '') => `${server.url}${tenant}/v1/workspaces/${workspace}/files/${object}`;
const bytes_of = async (url, headers = {}) => {
  const response = await fetch(url, { headers });
  return { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) };
};
const put = async (server, object, body, headers = {}) => {
  const response = await fetch(files_url(server, object), { method: 'PUT', body, headers });
  assert.ok(response.ok, `${response.status}`);
};
const chunks = (dir) => (existsSync(join(dir, 'files')) ? readdirSync(join(dir, 'files')) : []);
const all_files = (folder) => readdirSync(folder).flatMap((name) => {
  const path = join(folder, name);
  return statSync(path).isDirectory() ? all_files(path) : [path];
});

function upload(server, object, bytes) {
  return new Promise((done, failed) => {
    new tus.Upload(bytes, {
      endpoint: `${server.url}/v1/workspaces/team/uploads/${object}`,
      chunkSize: 900_000,
      metadata: { filename: `${object}.png`, filetype: 'application/octet-stream' },
      onError: failed,
      onSuccess: done,
    }).start();
  });
}

// CRC-32C of Castagnoli, as every section ends with.
const kCrcTable = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; ++bit) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
function crc32c(bytes, start = 0) {
  let crc = ~start;
  for (const byte of bytes) crc = (crc >>> 8) ^ kCrcTable[(crc ^ byte) & 255];
  return ~crc >>> 0;
}
// The sections of a bundle, and a bundle of sections, with checksums that are right.
function sections_of(bytes) {
  const sections = [];
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at + 1);
    sections.push(bytes.subarray(at, at + 5 + length));
    at += 9 + length;
  }
  return sections;
}
function bundle_of(magic, sections) {
  let crc = crc32c(magic);
  return Buffer.concat([magic, ...sections.flatMap((section) => {
    crc = crc32c(section, crc);
    const end = Buffer.alloc(4);
    end.writeUInt32BE(crc);
    return [section, end];
  })]);
}
const kFile = 8;
const kChunk = 9;

test('files that tus-js-client has sent arrive with their workspace on another server', kTest, async (t) => {
  const from = await Server.start(t);
  const film = randomBytes(3 * kMiB + 777);
  await upload(from, 'film', film);
  const versions = [randomBytes(1000), randomBytes(2 * kMiB)];
  for (const version of versions) await put(from, 'logo', version);
  await put(from, 'same', versions[1]);
  const dir = scratch_dir(t, 'bundles');
  const file = join(dir, 'team.bundle');
  assert.match(ok('export', 'team', '-o', file, '--server', from.url), /: 4 events, 3 files, 5\.\d MiB\n$/);
  assert.ok(statSync(file).size < 5.2 * kMiB, 'each file is there once');
  assert.match(ok('log', 'verify', file), /files: 3 files with 5\.0 MiB, intact/);
  const moved = await bytes_of(`${from.url}/v1/workspaces/team/export`);
  const again = join(dir, 'again.bundle');
  writeFileSync(again, moved.bytes);
  ok('log', 'verify', again);

  const to = await Server.start(t);
  const said = JSON.parse(ok('import', file, '--server', to.url, '--json'));
  assert.deepEqual([said.events, said.files, said.missing_files], [4, 3, 0]);
  assert.equal((await (await fetch(`${to.url}/v1/workspaces/team/import`)).json()).bundle.files, true);
  for (const at of ['', '?at=2', '?at=3']) {
    const [here, there] = [await bytes_of(files_url(from, 'logo') + at), await bytes_of(files_url(to, 'logo') + at)];
    assert.equal(there.status, 200);
    assert.ok(here.bytes.equals(there.bytes));
    for (const name of ['etag', 'repr-digest', 'content-type', 'content-disposition']) assert.equal(there.headers.get(name), here.headers.get(name));
  }
  const got = await bytes_of(files_url(to, 'film'));
  assert.ok(got.bytes.equals(film));
  const etag = got.headers.get('etag');
  const part = await bytes_of(files_url(to, 'film'), { Range: `bytes=${kMiB - 3}-${kMiB + 3}`, 'If-Range': etag });
  assert.equal(part.status, 206);
  assert.ok(part.bytes.equals(film.subarray(kMiB - 3, kMiB + 4)));
  assert.deepEqual(chunks(to.dir).length, chunks(from.dir).length, 'nothing is stored twice');
  // The bytes go as they came: with what names them.
  for (const object of ['film', 'logo', 'same'])
    assert.equal((await fetch(`${to.url}/v1/workspaces/team/objects/${object}?erase=now`, { method: 'DELETE' })).status, 200);
  await until(() => chunks(to.dir).length === 0, 'nothing is left');

  // Into a data directory, from one.
  await from.kill('SIGTERM');
  const offline = join(dir, 'offline.bundle');
  ok('export', 'team', '-o', offline, '--data-dir', from.dir);
  const other = join(dir, 'other-data');
  assert.match(ok('import', offline, '--data-dir', other), /files: 3 files with 5\.0 MiB, intact/);
  assert.match(ok('log', 'verify', '--data-dir', other), /files: 3 files with 5\.0 MiB, intact/);
  ok('import', offline, '--data-dir', other);
  const copy = join(dir, 'film.bin');
  ok('get', 'team/film', copy, '--data-dir', other);
  assert.ok(readFileSync(copy).equals(film));
});

test('an export can leave the bytes out, and says so', kTest, async (t) => {
  const from = await Server.start(t);
  await put(from, 'logo', randomBytes(2 * kMiB));
  const file = join(scratch_dir(t, 'bundles'), 'team.bundle');
  ok('export', 'team', '-o', file, '--no-files', '--server', from.url);
  assert.ok(statSync(file).size < 10_000);
  assert.match(ok('log', 'verify', file), /missing: the bytes of 1 file, because the bundle was written without; the first is of logo at 1\n/);
  assert.equal(JSON.parse(ok('log', 'verify', file, '--json')).with_files, false);
  const to = await Server.start(t);
  ok('import', file, '--server', to.url);
  assert.equal((await fetch(files_url(to, 'logo'))).status, 410);
  // A bundle of the server that has no bytes has none, and is whole.
  const again = join(scratch_dir(t, 'bundles'), 'again.bundle');
  ok('export', 'team', '-o', again, '--server', to.url);
  assert.match(ok('log', 'verify', again), /missing: the bytes of 1 file; the first is of logo at 1\n/);
});

test('what retention and pins keep goes along, and so does what can be undeleted', kTest, async (t) => {
  const from = await Server.start(t);
  const versions = Array.from({ length: 4 }, () => randomBytes(5000));
  for (const version of versions) await put(from, 'logo', version);
  const gone = randomBytes(6000);
  await put(from, 'gone', gone);
  ok('pin', 'set', 'team', 'second', '--at', '2', '--server', from.url);
  assert.equal((await fetch(`${from.url}/v1/workspaces/team/objects/gone`, { method: 'DELETE' })).status, 200);
  await put(from, 'last', randomBytes(10));
  ok('retention', 'set', 'team', '--keep-last', '1', '--server', from.url);
  ok('retention', 'run', 'team', '--confirm', 'team', '--server', from.url);
  await until(() => chunks(from.dir).length === 4, () => `what nothing keeps is gone: ${chunks(from.dir).length}`);
  const file = join(scratch_dir(t, 'bundles'), 'team.bundle');
  ok('export', 'team', '-o', file, '--server', from.url);
  assert.match(ok('log', 'verify', file), /files: 4 files/);
  assert.match(ok('log', 'deleted', file), /deleted before: team\/gone, with the bytes of 1 file \(5\.9 KiB\)/);
  const to = await Server.start(t);
  ok('import', file, '--server', to.url);
  assert.ok((await bytes_of(`${files_url(to, 'logo')}?at=second`)).bytes.equals(versions[1]));
  assert.ok((await bytes_of(files_url(to, 'logo'))).bytes.equals(versions[3]));
  await to.restart();
  await pause(500);
  assert.ok((await bytes_of(`${files_url(to, 'logo')}?at=second`)).bytes.equals(versions[1]), 'its event keeps it');
  ok('undelete', 'team/gone', '--server', to.url);
  assert.ok((await bytes_of(files_url(to, 'gone'))).bytes.equals(gone));
});

test('after an erasure an export has none of the bytes', kTest, async (t) => {
  const server = await Server.start(t);
  await put(server, 'kept', Buffer.from('what everybody may have'));
  await put(server, 'erased', Buffer.from('the secret of the file'));
  const file = join(scratch_dir(t, 'bundles'), 'before.bundle');
  ok('export', 'team', '-o', file, '--server', server.url);
  assert.ok(readFileSync(file).includes('the secret of the file'));
  assert.equal((await fetch(`${server.url}/v1/workspaces/team/objects/erased?erase=now`, { method: 'DELETE' })).status, 200);
  const after = join(scratch_dir(t, 'bundles'), 'after.bundle');
  ok('export', 'team', '-o', after, '--server', server.url);
  const bytes = readFileSync(after);
  assert.ok(bytes.includes('what everybody may have') && !bytes.includes('the secret of the file'));
  ok('log', 'verify', after);
  assert.match(ok('log', 'deleted', file, '--server', server.url), /erased since: team\/erased, with the bytes of 1 file/);
});

test('a bundle with wrong bytes is refused and leaves nothing', kTest, async (t) => {
  const from = await Server.start(t);
  await put(from, 'a', randomBytes(kMiB + 10));
  await put(from, 'b', randomBytes(20));
  const dir = scratch_dir(t, 'bundles');
  const file = join(dir, 'team.bundle');
  ok('export', 'team', '-o', file, '--server', from.url);
  const bytes = readFileSync(file);
  const magic = bytes.subarray(0, 8);
  const sections = sections_of(bytes);
  assert.ok(bundle_of(magic, sections).equals(bytes));
  const first = (kind) => sections.findIndex((section) => section[0] === kind);
  const damaged = sections.map((section, i) => {
    if (i !== first(kChunk)) return section;
    const other = Buffer.from(section);
    other[other.length - 1] ^= 1;
    return other;
  });
  const spare = Buffer.from(sections[first(kFile)]);
  spare.fill(0, 5, 37);
  spare[37] = 0;  // a file without bytes: its length has more digits
  const unnamed = [...sections];
  const empty = Buffer.concat([Buffer.from([kFile, 0, 0, 0, 33]), createHash('sha256').digest(), Buffer.from([0])]);
  const hash = (section) => section.subarray(5, 37);
  const place = sections.findIndex((section) => section[0] === kFile && Buffer.compare(hash(section), hash(empty)) > 0);
  unnamed.splice(place < 0 ? sections.length - 1 : place, 0, empty);
  const cases = {
    damaged: [damaged, /has other bytes than its hash says/],
    missing: [sections.filter((_, i) => i !== first(kChunk)), /has a wrong length|lacks \d+ of its/],
    surplus: [sections.toSpliced(first(kChunk) + 1, 0, sections[first(kChunk)]), /has a wrong length|belong to no file/],
    uncounted: [unnamed, /there should be 2 files, and there are 3|is named by no event/],
  };
  const to = await Server.start(t);
  for (const [name, [changed, why]] of Object.entries(cases)) {
    const other = join(dir, `${name}.bundle`);
    const made = bundle_of(magic, changed);
    writeFileSync(other, made);
    const verified = run(['log', 'verify', other]);
    assert.equal(verified.status, 1, name);
    assert.match(verified.stderr, why, name);
    assert.equal(run(['import', other, '--server', to.url]).status, 1, name);
    const data = join(dir, `${name}-data`);
    assert.equal(run(['import', other, '--data-dir', data]).status, 1, name);
    assert.equal(existsSync(data), false, name);
    // Past the checks of the client: the server's own.
    let answer;
    for (let at = 0; at < made.length; at += kMiB) {
      answer = await fetch(`${to.url}/v1/workspaces/${name}/import?offset=${at}`, { method: 'POST', body: made.subarray(at, at + kMiB) });
      if (answer.status !== 200) break;
    }
    const ended = async () => {
      const status = await (await fetch(`${to.url}/v1/workspaces/${name}/import`)).json();
      return status.state === 'failed' ? status.failure.message : answer.status === 200 ? null : 'refused';
    };
    await until(async () => (await ended()) !== null, `${name} is refused`);
    await fetch(`${to.url}/v1/workspaces/${name}/import`, { method: 'DELETE' });
    assert.equal(await (await fetch(`${to.url}/v1/workspaces/${name}/log`)).text(), '', name);
    assert.deepEqual(chunks(to.dir), [], name);
    assert.deepEqual(existsSync(join(to.dir, 'imports')) ? readdirSync(join(to.dir, 'imports')) : [], [], name);
  }
});

test('a large file goes through servers with little memory, and a killed import goes on', kTest, async (t) => {
  const args = ['--memory-mib', '128'];
  const from = await Server.start(t, { args });
  const piece = randomBytes(kMiB);
  const kPieces = 200;
  function* pieces() {
    for (let i = 0; i < kPieces; ++i) {
      piece.writeUInt32BE(i);
      yield Buffer.from(piece);
    }
  }
  const sent = await fetch(files_url(from, 'big'), { method: 'PUT', body: Readable.toWeb(Readable.from(pieces())), duplex: 'half' });
  const { hash } = await sent.json();
  const memory = (server) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
  const file = join(scratch_dir(t, 'bundles'), 'team.bundle');
  ok('export', 'team', '-o', file, '--server', from.url);
  assert.ok(memory(from) < 128, `${memory(from)} MiB of memory`);
  assert.ok(statSync(file).size > kPieces * kMiB);

  const to = await Server.start(t, { args });
  const importing = begin(t, ['import', file, '--server', to.url]);
  const state = async () => (await (await fetch(`${to.url}/v1/workspaces/team/import`)).json()).state;
  await until(async () => (await state()) === 'appending' && chunks(to.dir).length > 20, 'some of it is stored', 120_000);
  assert.equal((await fetch(`${to.url}/v1/workspaces/team/log`)).status, 503);
  await to.restart();
  const imported = await importing.ended;
  assert.equal(imported.code, 0, imported.stderr);
  assert.ok(memory(to) < 128, `${memory(to)} MiB of memory`);
  const got = createHash('sha256');
  for await (const part of (await fetch(files_url(to, 'big'))).body) got.update(part);
  assert.equal(got.digest('hex'), hash);
  assert.equal(chunks(to.dir).length, kPieces);
});

test('an export that was interrupted among the files goes on there', kTest, async (t) => {
  const server = await Server.start(t);
  for (const object of ['a', 'b', 'c']) await put(server, object, randomBytes(2 * kMiB + 100));
  const dir = scratch_dir(t, 'bundles');
  const whole = join(dir, 'whole.bundle');
  ok('export', 'team', '-o', whole, '--server', server.url);
  const bytes = readFileSync(whole);
  for (const share of [0.2, 0.5, 0.9]) {
    const file = join(dir, `cut-${share}.bundle`);
    writeFileSync(`${file}.part`, bytes.subarray(0, bytes.length * share));
    ok('export', 'team', '-o', file, '--resume', '--server', server.url);
    assert.ok(readFileSync(file).equals(bytes));
  }
  const file = join(dir, 'other.bundle');
  writeFileSync(`${file}.part`, bytes.subarray(0, bytes.length / 2));
  const refused = run(['export', 'team', '-o', file, '--resume', '--no-files', '--server', server.url]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /was begun with files/);
});

test('an import counts files for the quota of its tenant before anything is there', kTest, async (t) => {
  const from = await Server.start(t);
  const bytes = randomBytes(kMiB);
  for (const object of ['a', 'b', 'c']) await put(from, object, bytes);  // once in the bundle, three times for the quota
  const file = join(scratch_dir(t, 'bundles'), 'team.bundle');
  ok('export', 'team', '-o', file, '--server', from.url);
  const to = await Server.start(t);
  ok('tenant', 'create', 'acme', '--max-stored-bytes', String(2 * kMiB), '--server', to.url);
  const refused = run(['import', file, '--tenant', 'acme', '--server', to.url]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /stored/);
  assert.deepEqual(chunks(to.dir), []);
  ok('tenant', 'create', 'globex', '--max-stored-bytes', String(4 * kMiB), '--server', to.url);
  ok('import', file, '--tenant', 'globex', '--server', to.url);
  ok('import', file, '--server', to.url);
  assert.ok((await bytes_of(files_url(to, 'c', 'team', '/t/globex'))).bytes.equals(bytes));
  assert.equal(chunks(to.dir).length, 2, 'tenants share nothing');
});

test('a file is copied and restored, here and in another workspace, without its bytes twice', kTest, async (t) => {
  const server = await Server.start(t);
  const versions = [randomBytes(kMiB + 5), randomBytes(3000)];
  for (const version of versions) await put(server, 'logo', version);
  ok('cp', 'team/logo', 'team/copy', '--server', server.url);
  ok('cp', 'team/logo', 'other/old', '--at', '1', '--server', server.url);
  assert.ok((await bytes_of(files_url(server, 'copy'))).bytes.equals(versions[1]));
  assert.ok((await bytes_of(files_url(server, 'old', 'other'))).bytes.equals(versions[0]));
  ok('restore', 'team/logo', '--at', '1', '--confirm', 'team', '--server', server.url);
  assert.ok((await bytes_of(files_url(server, 'logo'))).bytes.equals(versions[0]));
  ok('restore', 'team', '--at', '2', '--into', 'branch', '--server', server.url);
  assert.ok((await bytes_of(files_url(server, 'logo', 'branch'))).bytes.equals(versions[1]));
  assert.equal(chunks(server.dir).length, 3);
  // The copies keep the bytes when the original is erased.
  assert.equal((await fetch(`${server.url}/v1/workspaces/team/objects/logo?erase=now`, { method: 'DELETE' })).status, 200);
  assert.ok((await bytes_of(files_url(server, 'old', 'other'))).bytes.equals(versions[0]));
  assert.ok((await bytes_of(files_url(server, 'copy'))).bytes.equals(versions[1]));
  assert.notEqual(run(['cp', 'team/logo', 'team/never', '--server', server.url]).status, 0);
});

test('a version without bytes is neither copied nor restored', kTest, async (t) => {
  const from = await Server.start(t);
  for (const size of [100, 200]) await put(from, 'logo', randomBytes(size));
  const file = join(scratch_dir(t, 'bundles'), 'team.bundle');
  ok('export', 'team', '-o', file, '--no-files', '--server', from.url);
  const to = await Server.start(t);
  ok('import', file, '--server', to.url);
  for (const args of [['cp', 'team/logo', 'team/copy'], ['restore', 'team/logo', '--at', '1', '--confirm', 'team']]) {
    const refused = run([...args, '--server', to.url]);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /the bytes of this version of the file are not stored/);
  }
  const log = await (await fetch(`${to.url}/v1/workspaces/team/log`)).text();
  assert.equal(log.trimEnd().split('\n').length, 2);
});

test('`put` and `get` bring files to a workspace and back', kTest, async (t) => {
  const server = await Server.start(t);
  const dir = scratch_dir(t, 'files');
  const path = join(dir, 'film.bin');
  const bytes = randomBytes(9 * kMiB + 123);
  writeFileSync(path, bytes);
  const at = ['--server', server.url];
  assert.equal(ok('put', 'team/media/film', path, '--type', 'application/x-film', ...at), 'team/media/film: 9.0 MiB, by the event at position 1\n');
  const got = await bytes_of(files_url(server, 'media%2Ffilm'));
  assert.ok(got.bytes.equals(bytes));
  assert.equal(got.headers.get('content-type'), 'application/x-film');
  assert.match(got.headers.get('content-disposition'), /film\.bin/);

  const out = join(dir, 'out.bin');
  assert.equal(ok('get', 'team/media/film', out, ...at), `${out}: 9.0 MiB\n`);
  assert.ok(readFileSync(out).equals(bytes));
  assert.equal(existsSync(`${out}.part`), false);
  const again = run(['get', 'team/media/film', out, ...at]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /out\.bin exists: overwrite it with --force/);
  writeFileSync(out, 'something else');
  assert.deepEqual(JSON.parse(ok('get', 'team/media/film', out, '--force', '--json', ...at)), { workspace: 'team', object: 'media/film', file: out, bytes: bytes.length });
  assert.ok(readFileSync(out).equals(bytes));
  const shown = run(['get', 'team/media/film', '-', ...at], { encoding: 'buffer' });
  assert.equal(createHash('sha256').update(shown.stdout).digest('hex'), createHash('sha256').update(bytes).digest('hex'));
  const here = run(['get', 'team/media/film', ...at], { cwd: dir });
  assert.equal(here.status, 0, here.stderr);
  assert.ok(readFileSync(join(dir, 'film')).equals(bytes));

  // What came before goes on; what is no part of the file is refused, and nothing has the final name.
  const half = join(dir, 'half.bin');
  writeFileSync(`${half}.part`, bytes.subarray(0, 4 * kMiB + 7));
  ok('get', 'team/media/film', half, '--continue', ...at);
  assert.ok(readFileSync(half).equals(bytes));
  const wrong = join(dir, 'wrong.bin');
  writeFileSync(`${wrong}.part`, randomBytes(1000));
  const refused = run(['get', 'team/media/film', wrong, '--continue', ...at]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /wrong\.bin\.part is not this file/);
  assert.equal(existsSync(wrong), false);

  // Empty files, and versions.
  writeFileSync(path, '');
  assert.deepEqual(JSON.parse(ok('put', 'team/media/film', path, '--json', ...at)), { workspace: 'team', object: 'media/film', bytes: 0, position: 2 });
  ok('get', 'team/media/film', join(dir, 'empty.bin'), ...at);
  assert.equal(statSync(join(dir, 'empty.bin')).size, 0);
  ok('get', 'team/media/film', join(dir, 'old.bin'), '--at', '1', ...at);
  assert.ok(readFileSync(join(dir, 'old.bin')).equals(bytes));

  // Documents are no files.
  assert.ok((await fetch(`${server.url}/v1/workspaces/team/objects/plan?root=r`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: 'Hello' })).ok);
  const document = run(['get', 'team/plan', join(dir, 'plan'), ...at]);
  assert.equal(document.status, 1);
  assert.match(document.stderr, /team\/plan is no file: `syncline cat team\/plan` shows it/);
  const over = run(['put', 'team/plan', path, ...at]);
  assert.equal(over.status, 1);
  assert.match(over.stderr, /team\/plan is no file: documents are written by editors/);
  for (const [args, status, why] of [
    [['put', 'team/a', path], 2, /name it with --server/],
    [['put', 'team', path, ...at], 2, /WORKSPACE\/OBJECT/],
    [['put', 'team/a', join(dir, 'none'), ...at], 1, /none: No such file/],
    [['put', 'team/a', dir, ...at], 1, /not a file that can be sent/],
    [['get', 'team/none', join(dir, 'x'), ...at], 1, /no such file/],
    [['get', 'team/media/film', '-', '--force', ...at], 2, /- is stdout/],
    [['get', 'team/media/film', join(dir, 'no', 'folder'), ...at], 1, /No such file/]]) {
    const done = run(args);
    assert.equal(done.status, status, `${args}: ${done.stderr}`);
    assert.match(done.stderr, why);
  }
  writeFileSync(path, 'no image');
  const lie = run(['put', 'team/logo', path, '--type', 'image/png', ...at]);
  assert.equal(lie.status, 1);
  assert.match(lie.stderr, /the content is not what its type says/);
});

// Breaks each connection after so many bytes of the client.
async function breaking_proxy(t, server, each) {
  const { createServer: create_socket, connect } = await import('node:net');
  const proxy = create_socket((socket) => {
    const other = connect(server.port, '127.0.0.1');
    let passed = 0;
    const end = () => { socket.destroy(); other.destroy(); };
    socket.on('data', (data) => {
      passed += data.length;
      other.write(data);
      if (passed > each) end();
    }).on('error', end).on('close', end);
    other.on('data', (data) => socket.write(data)).on('error', end).on('close', end);
  });
  await new Promise((listens) => proxy.listen(0, '127.0.0.1', listens));
  t.after(() => proxy.close());
  return `http://127.0.0.1:${proxy.address().port}`;
}

test('`put` goes on after broken connections and after a restart of the server', kTest, async (t) => {
  const server = await Server.start(t);
  const path = join(scratch_dir(t, 'files'), 'film.bin');
  const bytes = randomBytes(20 * kMiB);
  writeFileSync(path, bytes);
  const broken = await breaking_proxy(t, server, 5 * kMiB);
  const sending = begin(t, ['put', 'team/film', path, '--server', broken]);
  await until(() => chunks(server.dir).length > 3, 'some of it is there');
  await server.restart();
  const done = await sending.ended;
  assert.equal(done.code, 0, done.stderr);
  assert.ok((await bytes_of(files_url(server, 'film'))).bytes.equals(bytes));

  // A run that gives up names what the next one goes on with.
  const half = await fetch(`${server.url}/v1/workspaces/team/uploads/other`, { method: 'POST', body: bytes.subarray(0, 3 * kMiB),
    headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(bytes.length), 'Content-Type': 'application/offset+octet-stream' } });
  const id = /upload=([0-9a-f]+)/.exec(half.headers.get('location'))[1];
  assert.match(ok('put', 'team/other', path, '--continue', id, '--server', server.url), /^team\/other: 20\.0 MiB, by the event at position 2\n$/);
  assert.ok((await bytes_of(files_url(server, 'other'))).bytes.equals(bytes));
  writeFileSync(path, 'another file');
  const refused = run(['put', 'team/other', path, '--continue', id, '--server', server.url]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /no such upload|of another size/);
});
