// Deleting documents that published editors have open: they are told with a final code, do not bring the document back,
// and after erasure no byte of it is left on the disk.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { Y, converged, fresh, h_client, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { Server, run, scratch_dir } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 60_000 };
const kGone = 4410;

function api(server) {
  return async (method, path, { body, type, ...headers } = {}) => {
    const response = await fetch(`${server.url}/v1/workspaces/team${path}`,
      { method, body, headers: { ...(type && { 'Content-Type': type }), ...headers } });
    const text = await response.text();
    return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : undefined, headers: response.headers };
  };
}

// How connections of a y-websocket client were closed from now on.
function closes(provider) {
  const codes = [];
  provider.on('connection-close', (event) => event && codes.push(event.code));
  return codes;
}

// Version 2 tries again as version 1 does, and each refusal slows it down by 12 seconds.
for (const version of y_versions.filter((each) => each !== 2)) {
  test(`y-websocket ${version}: told with a final code, and does not bring it back`, kTest, async (t) => {
    const server = await Server.start(t);
    const ask = api(server);
    const ann = await y_client(t, server, 'team', 'plan', { version });
    const away = await y_client(t, server, 'team', 'plan', { version });
    ann.text.insert(0, 'A secret plan');
    await converged([ann, away, await fresh(t, server, 'team', 'plan')]);
    away.provider.disconnect();
    away.text.insert(0, 'Written offline. ');

    const codes = closes(ann.provider);
    const deleted = await ask('DELETE', '/objects/plan?reason=test');
    assert.equal(deleted.status, 200, JSON.stringify(deleted.json));
    await until(() => codes.includes(kGone), 'whoever has it open is told');
    assert.equal((await ask('GET', '/objects/plan')).status, 410);

    const later = closes(away.provider);
    away.provider.connect();
    await until(() => later.includes(kGone), 'whoever comes back is told');
    await sleep(300);
    assert.equal((await ask('GET', '/objects/plan')).status, 410);

    // A client can also say which generation it has.
    const named = await y_client(t, server, 'team', 'plan', { version, wait: false, params: { generation: '1' } });
    const refused = closes(named.provider);
    await until(() => refused.includes(kGone), 'another generation is refused');
    named.provider.disconnect();

    // The name begins anew, for those who begin anew.
    const ben = await y_client(t, server, 'team', 'plan');
    assert.equal(ben.text.toString(), '');
    ben.text.insert(0, 'Another plan');
    const eve = await fresh(t, server, 'team', 'plan');
    await converged([ben, eve]);
    assert.equal(eve.text.toString(), 'Another plan');
    const again = await y_client(t, server, 'team', 'plan', { doc: away.doc, wait: false });
    const last = closes(again.provider);
    await until(() => last.includes(kGone), 'also when there is a new one');
    assert.equal((await ask('GET', '/objects/plan')).json.state.content, 'Another plan');
  });
}

for (const version of hocuspocus_versions) {
  test(`Hocuspocus ${version}: told, and does not bring it back`, kTest, async (t) => {
    const server = await Server.start(t);
    const ask = api(server);
    const ann = await h_client(t, server, 'team', 'plan', version);
    ann.text.insert(0, 'A secret plan');
    await until(() => !ann.provider.hasUnsyncedChanges, 'it is saved');
    assert.equal((await ask('DELETE', '/objects/plan')).status, 200);
    await until(() => ann.events.closed.some(({ reason }) => /deleted/.test(reason)), 'told why');
    const back = await h_client(t, server, 'team', 'plan', version, { doc: ann.doc, wait: false });
    await until(() => back.events.closed.some(({ reason }) => /deleted/.test(reason)), 'told when it comes back');
    assert.equal((await ask('GET', '/objects/plan')).status, 410);
    const ben = await h_client(t, server, 'team', 'plan', version);
    assert.equal(ben.text.toString(), '');
  });
}

test('over HTTP: conditions, keys, undelete, a new object, and who may', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  const text = (body) => ({ type: 'text/plain', body });
  const first = await ask('PUT', '/objects/a?root=content', text('one'));
  assert.equal(first.status, 201);
  assert.equal((await ask('DELETE', '/objects/a', { 'If-Match': '"99"' })).status, 412);
  assert.equal((await ask('DELETE', '/objects/a?erase=later')).status, 400);
  assert.equal((await ask('DELETE', '/objects/none')).status, 404);
  assert.equal((await ask('DELETE', '/objects/a?dry_run=1')).json.dry_run, true);
  assert.equal((await ask('GET', '/objects/a')).status, 200);
  const key = { 'Idempotency-Key': 'k1', 'If-Match': first.headers.get('ETag') };
  const deleted = await ask('DELETE', '/objects/a', key);
  assert.equal(deleted.status, 200, JSON.stringify(deleted.json));
  const again = await ask('DELETE', '/objects/a', key);
  assert.deepEqual([again.status, again.json.position, again.headers.get('Idempotent-Replayed')], [200, deleted.json.position, 'true']);
  assert.equal((await ask('DELETE', '/objects/a')).status, 410);
  assert.equal((await ask('GET', '/objects/a?at=1')).json.state.content, 'one', 'the past stays readable');
  assert.equal((await ask('GET', `/objects/a?at=${deleted.json.position}`)).status, 410);
  assert.deepEqual((await ask('GET', '/state')).json.objects, []);
  assert.deepEqual((await ask('GET', '/objects')).json.objects, []);
  assert.equal((await ask('POST', '/undelete/a')).status, 200);
  assert.deepEqual((await ask('GET', '/objects')).json.objects, ['a']);
  assert.equal((await ask('GET', '/objects/a')).json.state.content, 'one');
  // The server that made it is no replica of before when it writes the next one.
  assert.equal((await ask('DELETE', '/objects/a')).status, 200);
  const next = await ask('PUT', '/objects/a?root=content', text('two'));
  assert.equal(next.status, 201, JSON.stringify(next.json));
  assert.equal((await ask('POST', '/undelete/a')).status, 409);
  assert.equal((await ask('GET', '/objects/a')).json.state.content, 'two');
  assert.equal((await ask('GET', '/deletions')).json.objects[0].generation, 1);
  await server.kill();
  await server.launch();
  assert.equal((await ask('GET', '/objects/a')).json.state.content, 'two');
  assert.equal((await ask('GET', '/objects/a?at=1')).json.state.content, 'one');
});

// The files below a directory that contain one of these texts.
function files_with(dir, texts) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => {
      const bytes = readFileSync(file);
      return texts.some((text) => bytes.includes(text));
    });
}

test('after erasure, no byte is left, and every proof holds', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  const kSecret = 'xylophone-7731';
  const ann = await y_client(t, server, 'team', 'plan');
  const other = await y_client(t, server, 'team', 'other');
  other.text.insert(0, 'stays');
  for (let i = 0; i < 40; ++i) ann.text.insert(0, `${kSecret} `);
  await converged([ann, await fresh(t, server, 'team', 'plan')]);
  await ask('PUT', '/pins/v1?at=2');
  // What waits for others that never come.
  const lost = new Y.Doc();
  lost.getText('content').insert(0, 'first');
  const before = Y.encodeStateVector(lost);
  lost.getText('content').insert(5, kSecret);
  await ask('PATCH', '/objects/plan', { type: 'application/vnd.yjs.update', body: Y.encodeStateAsUpdate(lost, before) });
  assert.ok(files_with(server.dir, [kSecret]).length > 0);

  assert.equal((await ask('PUT', '/hold?reason=case')).status, 200);
  assert.equal((await ask('DELETE', '/objects/plan?erase=now')).status, 409);
  assert.equal((await ask('DELETE', '/hold')).status, 200);
  assert.equal((await ask('DELETE', '/objects/plan?erase=now')).status, 200);
  await until(async () => (await ask('GET', '/deletions')).json.objects[0].erased, 'it is erased', 20_000);
  assert.equal((await ask('GET', '/objects/plan?at=2')).status, 410);
  assert.equal((await ask('POST', '/undelete/plan')).status, 410);
  await until(() => files_with(server.dir, [kSecret]).length === 0, 'no file holds it', 10_000);
  await server.kill('SIGTERM');
  assert.deepEqual(files_with(server.dir, [kSecret]), []);
  const verified = run(['log', 'verify', '--data-dir', server.dir]);
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  await server.launch();
  const eve = await fresh(t, server, 'team', 'other');
  assert.equal(eve.text.toString(), 'stays');
  assert.equal((await ask('PUT', '/objects/plan?root=content', { type: 'text/plain', body: 'new' })).status, 201);
});

test('a backup says what it holds of what was deleted since', kTest, async (t) => {
  const backups = scratch_dir(t, 'backups');
  const server = await Server.start(t, { args: ['--backup-dir', backups] });
  const ask = api(server);
  const text = { type: 'text/plain', body: 'x' };
  for (const name of ['a', 'b', 'c', 'd']) await ask('PUT', `/objects/${name}?root=content`, text);
  await ask('DELETE', '/objects/d');
  const made = run(['backup', 'create', 'first', '--server', server.url]);
  assert.equal(made.status, 0, made.stderr);
  const check = () => run(['backup', 'check', join(backups, 'first'), '--server', server.url]).stdout.trim().split('\n').slice(1);
  assert.deepEqual(check(), ['holds nothing that was deleted since']);
  await ask('DELETE', '/objects/a?erase=now');
  await ask('DELETE', '/objects/b');
  await ask('DELETE', '/objects/d?erase=now');
  await until(async () => (await ask('GET', '/deletions')).json.objects[0].erased, 'it is erased', 20_000);
  assert.deepEqual(check(), ['erased since: team/a', 'deleted since: team/b', 'holds 2 things that were deleted since: a restore brings them back']);
  await ask('DELETE', '');
  assert.deepEqual(check(), ['deleted since: team (the whole workspace)', 'holds 1 thing that was deleted since: a restore brings it back']);
});

test('an export says what it still holds of what was deleted', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  for (const name of ['before', 'since', 'stays']) await ask('PUT', `/objects/${name}?root=content`, { body: name, type: 'text/plain' });
  await ask('DELETE', '/objects/before');
  await ask('POST', '/rename/since?to=later');
  const file = join(scratch_dir(t), 'team.bundle');
  assert.equal(run(['export', 'team', '-o', file, '--server', server.url]).status, 0);
  assert.match(run(['log', 'deleted', file]).stdout, /deleted before: team\/before\nworkspace team: 2 objects, and the content of 1 thing that was deleted/);
  await ask('DELETE', '/objects/later');
  const since = run(['log', 'deleted', file, '--server', server.url]);
  assert.match(since.stdout, /deleted before: team\/before\ndeleted since: team\/later\n.*2 things that were deleted/);
  // An import into the workspace that it comes from brings nothing back.
  assert.equal(run(['import', file, '--server', server.url]).status, 0);
  assert.equal((await ask('GET', '/objects/later')).status, 410);
  assert.equal((await ask('GET', '/objects/before')).status, 410);
});
