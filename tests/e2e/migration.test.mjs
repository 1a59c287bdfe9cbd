// Documents come from the stores of published servers, and from these servers while they run, and go out again.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import * as encoding from 'lib0/encoding';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { Server, at_end, binary, repository, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';
import { hocuspocus_server, y_websocket_server } from './lib/yjs_servers.mjs';

const kTest = { timeout: 240_000 };
const kImportMs = 120_000;

// ---- documents of every kind

const kinds = {
  'notes/plan'(doc) {
    const text = doc.getText('content');
    text.insert(0, 'On Monday: buy bread. ');
    text.insert(3, 'next ', { bold: true });
    text.insertEmbed(0, { image: 'a.png' });
    text.format(4, 8, { link: { href: 'https://example.com' } });
    text.delete(2, 5);
    text.insert(text.length, '😀 done — ünïcode');
  },
  board(doc) {
    const board = doc.getMap('board');
    const columns = new Y.Array();
    board.set('columns', columns);
    for (let i = 0; i < 20; ++i) columns.push([new Y.Map([['title', `c${i}`], ['wip', i % 3 === 0]])]);
    columns.delete(3, 4);
    for (let i = 0; i < 5; ++i) board.set('version', i);
    board.set('bytes', new Uint8Array([1, 2, 3]));
    board.set('deep', { a: [1, null, { b: 1e21 }] });
    board.delete('version');
  },
  page(doc) {
    const page = doc.getXmlFragment('page');
    const heading = new Y.XmlElement('heading');
    heading.setAttribute('level', 2);
    const text = new Y.XmlText();
    text.insert(0, 'A title');
    heading.insert(0, [text]);
    page.insert(0, [heading, new Y.XmlElement('paragraph')]);
    text.format(2, 5, { italic: true });
  },
  subdocuments(doc) {
    doc.getMap('folder').set('child', new Y.Doc({ guid: 'child-1', autoLoad: false }));
    doc.getArray('list').push([1, 'two', [3]]);
  },
  large(doc) {
    const text = doc.getText('content');
    const list = doc.getArray('list');
    for (let i = 0; i < 8; ++i) text.insert(text.length >> 1, `${i} words and ☃ `.repeat(18_000));
    for (let i = 0; i < 25; ++i) list.push(Array.from({ length: 200 }, (_, n) => ({ n, i })));
    text.delete(100_000, 500_000);
    list.delete(10, 2_000);
  },
};
const names = Object.keys(kinds);

// { name: [updates] }, and what the documents are.
function documents() {
  const made = {};
  for (const [name, write] of Object.entries(kinds)) {
    const doc = new Y.Doc();
    const updates = [];
    doc.on('update', (update) => updates.push(update));
    write(doc);
    made[name] = { doc, updates };
  }
  return made;
}

// The state of a document as a server serves it.
const loaded = (update) => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc;
};

function assert_equal(actual, expected, name) {
  assert.ok(Y.equalSnapshots(Y.snapshot(actual), Y.snapshot(expected)), `${name}: state vector and deletions`);
  assert.deepEqual(Y.encodeStateVector(actual).sort(), Y.encodeStateVector(expected).sort());
  for (const root of expected.share.keys()) {
    const kind = { 'notes/plan': 'getText', page: 'getXmlFragment', board: 'getMap' }[name];
    const get = (doc) =>
      kind ? doc[kind](root) : root === 'content' ? doc.getText(root) : root === 'list' ? doc.getArray(root) : doc.getMap(root);
    const shown = (type) => (type instanceof Y.Text ? JSON.stringify(type.toDelta()) : JSON.stringify(type.toJSON()));
    assert.equal(shown(get(actual)), shown(get(expected)), `${name}: ${root}`);
  }
}

// ---- Syncline

async function object(server, workspace, name) {
  const path = `${server.url}/v1/workspaces/${workspace}/objects/${name.split('/').map(encodeURIComponent).join('/')}`;
  const answer = await fetch(path, { headers: { Accept: 'application/octet-stream' } });
  assert.equal(answer.status, 200, `${name}: ${answer.status}`);
  return loaded(new Uint8Array(await answer.arrayBuffer()));
}

function events(server, workspace) {
  const done = run(['log', 'show', workspace, '--json', '--server', server.url]);
  assert.equal(done.status, 0, done.stderr);
  return done.stdout.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line));
}

function imported(args, { status = 0, env } = {}) {
  const done = run(['import', '--json', ...args], { ms: kImportMs, env });
  assert.equal(done.status, status, done.stderr + done.stdout);
  return JSON.parse(done.stdout);
}

const refused = (args, pattern, status = 1) => {
  const done = run(['import', ...args], { ms: kImportMs });
  assert.equal(done.status, status, done.stdout);
  assert.match(done.stderr + done.stdout, pattern);
};

const results = (report) => Object.fromEntries(report.documents.map(({ object, result }) => [object, result]));
const all = (result) => Object.fromEntries(names.map((name) => [name, result]));

// A digest of every file below a folder.
function digest(folder) {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true }).sort()) {
    hash.update(name);
    try {
      hash.update(readFileSync(join(folder, name)));
    } catch (error) {
      if (error.code !== 'EISDIR') throw error;
    }
  }
  return hash.digest('hex');
}

async function expect_everything(server, workspace, made) {
  for (const name of names) assert_equal(await object(server, workspace, name), made[name].doc, name);
}

// ---- clients of the other servers

// Writes the documents through the provider of y-websocket, and gives what the server serves to somebody who comes later.
function y_provider(t, url, name, doc) {
  const provider = new WebsocketProvider(url, name, doc, { WebSocketPolyfill: WebSocket, disableBc: true });
  at_end(t, async () => {
    provider.destroy();
    doc.destroy();  // its awareness has a timer, which would keep this process from ending
  });
  return until(() => provider.synced, `${name} is synced`).then(() => provider);
}

async function fill_y_websocket(t, url, made) {
  for (const name of names) {
    const doc = loaded(Y.encodeStateAsUpdate(made[name].doc));
    await y_provider(t, url, name, doc);
    const reader = new Y.Doc();
    const provider = await y_provider(t, url, name, reader);
    await until(() => Y.equalSnapshots(Y.snapshot(reader), Y.snapshot(doc)), `${name} is served`);
    provider.destroy();
  }
}

async function fill_hocuspocus(t, url, made, token) {
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  at_end(t, async () => websocketProvider.destroy());
  for (const name of names) {
    const document = loaded(Y.encodeStateAsUpdate(made[name].doc));
    const provider = new HocuspocusProvider({ websocketProvider, name, document, token });
    provider.attach();
    await until(() => provider.isSynced && !provider.hasUnsyncedChanges, `${name} is synced`);
    provider.destroy();
  }
}

// ---- the tests

test('a folder of y-websocket\'s server, and the server while it runs', kTest, async (t) => {
  const made = documents();
  const leveldb = join(scratch_dir(t, 'yws'), 'leveldb');
  const other = await y_websocket_server(t, leveldb);
  const syncline = await Server.start(t);
  await fill_y_websocket(t, other.url, made);

  const to = ['--server', syncline.url, '--workspace'];
  const live = ['--from', other.url, '--objects', names.join(',')];
  assert.deepEqual(results(imported([...live, ...to, 'live'])), all('imported'));
  await expect_everything(syncline, 'live', made);
  assert.deepEqual(results(imported([...live, ...to, 'live'])), all('equal'));
  const missing = imported(['--from', other.url, '--objects', 'nobody', ...to, 'live'], { status: 1 });
  assert.match(missing.documents[0].note, /nothing under this name/);
  refused(['--y-leveldb', leveldb, ...to, 'early'], /a program has it open/);

  await other.stop();
  refused([...live, ...to, 'live'], /the connection failed/);
  const before = digest(leveldb);
  // The server keeps a room without content for everybody who asks for one.
  const everything = { ...all('imported'), nobody: 'empty' };
  assert.deepEqual(results(imported(['--y-leveldb', leveldb, '--dry-run', ...to, 'stored'])), everything);
  assert.equal((await syncline.get('/v1/workspaces')).text.includes('stored'), false);
  assert.deepEqual(results(imported(['--y-leveldb', leveldb, ...to, 'stored'])), everything);
  await expect_everything(syncline, 'stored', made);
  assert.equal(digest(leveldb), before, 'the folder is only read');

  // The large document is several changes, and all of them say that they are an import.
  const log = events(syncline, 'stored');
  assert.ok(log.filter((event) => event.object === 'large').length > 1);
  for (const event of log) assert.match(event.actor, /^key:import:/);
});

test('a folder of many updates that y-leveldb has written, with a prefix, and a data directory', kTest, async (t) => {
  const made = documents();
  const folder = scratch_dir(t, 'yld');
  const leveldb = join(folder, 'leveldb');
  const input = JSON.stringify(
    Object.fromEntries(names.map((n) => [n, made[n].updates.map((u) => Buffer.from(u).toString('base64'))])),
  );
  const wrote = spawnSync(process.execPath, ['y_leveldb.mjs', leveldb], {
    cwd: join(repository, 'tests/yjs_servers'),
    input,
    encoding: 'utf8',
  });
  assert.equal(wrote.status, 0, wrote.stderr);
  const data = join(folder, 'data');
  const report = imported(['--y-leveldb', leveldb, '--data-dir', data, '--workspace', 'team', '--prefix', 'old/']);
  assert.deepEqual(Object.keys(results(report)).sort(), names.map((n) => `old/${n}`).sort());
  assert.equal(report.complete, true);
  const syncline = await Server.start(t, { dir: data });
  for (const name of names) assert_equal(await object(syncline, 'team', `old/${name}`), made[name].doc, name);

  // Damage in the folder is an error and changes nothing.
  const log = readdirSync(leveldb).find((file) => file.endsWith('.log') || file.endsWith('.ldb'));
  const bytes = readFileSync(join(leveldb, log));
  bytes[bytes.length >> 1] ^= 0xff;
  writeFileSync(join(leveldb, log), bytes);
  refused(['--y-leveldb', leveldb, '--server', syncline.url, '--workspace', 'bad'], /damaged/i);
  refused(['--y-leveldb', folder, '--server', syncline.url, '--workspace', 'bad'], /no LevelDB: it has no file CURRENT/);
  writeFileSync(join(folder, 'CURRENT'), 'MANIFEST-000001\n');
  refused(['--y-leveldb', folder, '--server', syncline.url, '--workspace', 'bad'], /no LevelDB, or damaged/);
  assert.equal((await syncline.get('/v1/workspaces')).text.includes('bad'), false);
});

test('a database of Hocuspocus, and the server while it runs', kTest, async (t) => {
  const made = documents();
  const folder = scratch_dir(t, 'hocuspocus');
  const database = join(folder, 'db.sqlite');
  const other = await hocuspocus_server(t, database, 'let me in');
  const syncline = await Server.start(t);
  await fill_hocuspocus(t, other.url, made, 'let me in');

  const to = ['--server', syncline.url, '--workspace'];
  const list = join(folder, 'list');
  writeFileSync(list, names.join('\n') + '\n');
  const live = ['--from', other.url, '--protocol', 'hocuspocus', '--objects', list];
  const env = { SYNCLINE_FROM_TOKEN: 'let me in' };
  assert.deepEqual(results(imported([...live, ...to, 'live'], { env })), all('imported'));
  await expect_everything(syncline, 'live', made);
  const denied = imported([...live, ...to, 'denied'], { status: 1 });
  assert.match(denied.documents[0].note, /the server refuses it/);

  await other.stop();
  const before = digest(folder);
  assert.deepEqual(results(imported(['--hocuspocus-sqlite', database, ...to, 'stored'])), all('imported'));
  await expect_everything(syncline, 'stored', made);
  assert.equal(digest(folder), before, 'the folder is only read');

  refused(['--hocuspocus-sqlite', list, ...to, 'bad'], /no SQLite database/);
  const cut = join(folder, 'cut.sqlite');
  writeFileSync(cut, readFileSync(database).subarray(0, 5000));
  refused(['--hocuspocus-sqlite', cut, ...to, 'bad'], /malformed|no database of Hocuspocus/);
  assert.equal((await syncline.get('/v1/workspaces')).text.includes('bad'), false);
});

// Made by Hocuspocus 4.7.0 with its extension for SQLite 4.7.0 and better-sqlite3 12.11.1.
test('a database that the native module has written', kTest, async (t) => {
  const syncline = await Server.start(t);
  const database = join(repository, 'tests/data/stores/hocuspocus.sqlite');
  const report = imported(['--hocuspocus-sqlite', database, '--server', syncline.url, '--workspace', 'w']);
  assert.deepEqual(results(report), { 'notes/plan': 'imported', todo: 'imported' });
  assert.equal((await object(syncline, 'w', 'notes/plan')).getText('content').toString(), 'On Monday: buy bread.');
  assert.deepEqual((await object(syncline, 'w', 'todo')).getArray('items').toJSON(), [{ title: 'Call Eve', done: false }]);
});

test('files of updates come in, and objects go out as such files', kTest, async (t) => {
  const made = documents();
  const folder = scratch_dir(t, 'files');
  mkdirSync(join(folder, 'in/notes'), { recursive: true });
  for (const name of names) writeFileSync(join(folder, 'in', `${name}.yjs`), Y.encodeStateAsUpdate(made[name].doc));
  writeFileSync(join(folder, 'in/second.bin'), Y.encodeStateAsUpdateV2(made.board.doc));
  const log = encoding.createEncoder();
  for (const update of made['notes/plan'].updates) encoding.writeVarUint8Array(log, update);
  writeFileSync(join(folder, 'in/log.update'), encoding.toUint8Array(log));
  writeFileSync(join(folder, 'in/cut.yjs'), Y.encodeStateAsUpdate(made.board.doc).subarray(0, 300));
  writeFileSync(join(folder, 'in/README.md'), '# Not a document\n');

  const syncline = await Server.start(t);
  const to = ['--server', syncline.url, '--workspace'];
  const report = imported(['--yjs', join(folder, 'in'), ...to, 'w'], { status: 1 });
  const expected = { ...all('imported'), second: 'imported', log: 'imported', cut: 'failed', 'README.md': 'failed' };
  assert.deepEqual(results(report), expected);
  assert.equal(report.failed, 2);
  await expect_everything(syncline, 'w', made);
  assert_equal(await object(syncline, 'w', 'second'), made.board.doc, 'board');
  assert_equal(await object(syncline, 'w', 'log'), made['notes/plan'].doc, 'notes/plan');

  for (const format of ['v1', 'v2']) {
    const out = join(folder, format);
    const exported = () => run(['export', 'w', '--yjs', out, '--format', format, '--server', syncline.url]);
    assert.equal(exported().status, 0);
    const file = new Y.Doc();
    (format === 'v1' ? Y.applyUpdate : Y.applyUpdateV2)(file, readFileSync(join(out, 'notes/plan.yjs')));
    assert_equal(file, made['notes/plan'].doc, 'notes/plan');
    assert.match(exported().stderr, /there already/);
    assert.deepEqual(results(imported(['--yjs', out, ...to, format])), { ...all('imported'), second: 'imported', log: 'imported' });
    await expect_everything(syncline, format, made);
  }
  assert.equal(run(['export', 'w', '--yjs', join(folder, 'past'), '--at', '1', '--server', syncline.url]).status, 0);
  assert.equal(readdirSync(join(folder, 'past'), { recursive: true }).filter((f) => f.endsWith('.yjs')).length, 1);
});

test('an object with other changes is refused, or joined if that is wanted', kTest, async (t) => {
  const folder = scratch_dir(t, 'merge');
  const doc = new Y.Doc();
  doc.getText('content').insert(0, 'from the file');
  writeFileSync(join(folder, 'a.yjs'), Y.encodeStateAsUpdate(doc));
  const syncline = await Server.start(t);
  await fetch(`${syncline.url}/v1/workspaces/w/objects/a?root=content`, {
    method: 'PUT',
    headers: { 'Content-Type': 'text/plain' },
    body: 'from an editor',
  });
  const args = ['--yjs', join(folder, 'a.yjs'), '--server', syncline.url, '--workspace', 'w'];
  assert.match(imported(args, { status: 1 }).documents[0].note, /the object has other changes/);
  assert.equal((await object(syncline, 'w', 'a')).getText('content').toString(), 'from an editor');
  assert.deepEqual(results(imported([...args, '--merge'])), { a: 'merged' });
  const text = (await object(syncline, 'w', 'a')).getText('content').toString();
  assert.ok(text.includes('from the file') && text.includes('from an editor'), text);
});

test('an import that was killed goes on', kTest, async (t) => {
  const made = documents();
  const folder = scratch_dir(t, 'killed');
  mkdirSync(join(folder, 'in'));
  for (let i = 0; i < 16; ++i) writeFileSync(join(folder, 'in', `${100 + i}.yjs`), Y.encodeStateAsUpdate(made.large.doc));
  const syncline = await Server.start(t);
  const args = ['import', '--json', '--yjs', join(folder, 'in'), '--server', syncline.url, '--workspace', 'w'];
  const child = spawn(binary, args, { stdio: 'ignore' });
  const ended = new Promise((end) => child.on('exit', (code, signal) => end(signal)));
  const there = async () => (await syncline.get('/v1/workspaces/w/objects?limit=1000')).text;
  await until(async () => (await there()).includes('"102"'), 'some documents are there');
  child.kill('SIGKILL');
  assert.equal(await ended, 'SIGKILL');
  const report = imported(args.slice(2));
  assert.equal(report.complete, true);
  assert.ok(report.equal >= 1, `${report.equal} were there`);
  assert.ok(report.imported >= 1, `${report.imported} came`);
  assert_equal(await object(syncline, 'w', '115'), made.large.doc, 'large');
});

test('the store of y-sweet, made after its published format', kTest, async (t) => {
  const made = documents();
  const folder = scratch_dir(t, 'ysweet');
  const length = (n) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(n));
    return bytes;
  };
  for (const name of ['board', 'page']) {
    const entries = [
      [Buffer.from('\0\0doc\0'), Buffer.from([0, 0, 0, 1])],
      [Buffer.from([0, 1, 0, 0, 0, 1, 0]), Y.encodeStateAsUpdate(made[name].doc)],
      [Buffer.from([0, 1, 0, 0, 0, 1, 1]), Y.encodeStateVector(made[name].doc)],
    ];
    const file = Buffer.concat([length(entries.length), ...entries.flat().flatMap((bytes) => [length(bytes.length), bytes])]);
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'data.ysweet'), file);
  }
  const syncline = await Server.start(t);
  const to = ['--server', syncline.url, '--workspace', 'w'];
  assert.deepEqual(results(imported(['--y-sweet', folder, ...to])), { board: 'imported', page: 'imported' });
  for (const name of ['board', 'page']) assert_equal(await object(syncline, 'w', name), made[name].doc, name);
  refused(['--y-sweet', join(folder, 'board'), ...to], /no store of y-sweet/);
});

test('what does not fit together is said before anything is read', kTest, async () => {
  refused([], /name what is imported/, 2);
  refused(['x.bundle', '--yjs', 'y'], /either FILE or --yjs/, 2);
  refused(['--yjs', 'y', '--y-sweet', 'z', '--workspace', 'w'], /either --yjs or --y-sweet/, 2);
  refused(['--yjs', 'y', '--into', 'w'], /--into is for bundles/, 2);
  refused(['x.bundle', '--prefix', 'p'], /--prefix is for Yjs documents/, 2);
  refused(['--from', 'ws://127.0.0.1:1', '--workspace', 'w'], /name them with --objects/, 2);
  refused(['--yjs', 'y'], /--workspace/, 2);
});
