// Deleting whole workspaces that published editors have open: they are told with a final code and refused when they come
// back, and after erasure no byte of what they wrote is left on the disk, also if the server was killed meanwhile.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { converged, fresh, h_client, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { Server, run } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 60_000 };
const kGone = 4410;

function api(server) {
  return async (method, path, { body, type } = {}) => {
    const response = await fetch(`${server.url}/v1/workspaces${path}`, { method, body, headers: type ? { 'Content-Type': type } : {} });
    const text = await response.text();
    return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
}

function closes(provider) {
  const codes = [];
  provider.on('connection-close', (event) => event && codes.push(event.code));
  return codes;
}

function files_with(dir, text) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

test('clients of every protocol are told, refused, and let in again after undelete', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  const version = y_versions.at(-1);
  const ann = await y_client(t, server, 'team', 'plan', { version });
  const ben = await h_client(t, server, 'team', 'notes', hocuspocus_versions.at(-1));
  const other = await y_client(t, server, 'else', 'plan');
  ann.text.insert(0, 'the plan');
  other.text.insert(0, 'stays');
  await converged([ann, await fresh(t, server, 'team', 'plan')]);
  const events = await fetch(`${server.url}/v1/workspaces/team/events`, { headers: { Accept: 'text/event-stream' } });
  const codes = closes(ann.provider);
  assert.equal((await ask('DELETE', '/team?reason=over')).status, 200);
  await until(() => codes.includes(kGone), 'y-websocket is told');
  await until(() => ben.events.closed.some(({ reason }) => /deleted/.test(reason)), 'Hocuspocus is told');
  await events.text();  // the stream ends
  assert.equal((await ask('GET', '/team/objects/plan')).status, 410);
  assert.equal((await ask('GET', '/team/changes')).status, 410);
  assert.deepEqual((await ask('GET', '')).json.workspaces, ['else']);
  assert.equal((await ask('PUT', '/team/objects/new?root=content', { type: 'text/plain', body: 'x' })).status, 410);

  const back = await y_client(t, server, 'team', 'plan', { version, doc: ann.doc, wait: false });
  const later = closes(back.provider);
  await until(() => later.includes(kGone), 'whoever comes back is told');
  const fresh_one = await h_client(t, server, 'team', 'never', hocuspocus_versions.at(-1), { wait: false });
  await until(() => fresh_one.events.closed.some(({ reason }) => /deleted/.test(reason)), 'whoever opens something else is told');
  await server.kill();
  await server.launch();
  assert.equal((await ask('GET', '/team/objects/plan')).status, 410, 'a process knows it from its start');
  assert.deepEqual((await ask('GET', '')).json.workspaces, ['else']);

  assert.equal((await ask('POST', '/team/undelete')).status, 200);
  assert.equal((await ask('GET', '/team/objects/plan')).json.state.content, 'the plan');
  const eve = await fresh(t, server, 'team', 'plan');
  assert.equal(eve.text.toString(), 'the plan');
});

test('after erasure no byte is left, and the name begins anew', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  const kSecret = 'xylophone-7731';
  const other = await y_client(t, server, 'else', 'plan');
  other.text.insert(0, 'stays');
  const ann = await y_client(t, server, 'team', 'plan');
  for (let i = 0; i < 40; ++i) ann.text.insert(0, `${kSecret} `);
  await converged([ann, await fresh(t, server, 'team', 'plan')]);
  for (let i = 0; i < 60; ++i)
    assert.equal((await ask('PUT', `/team/objects/notes/${i}?root=content`, { type: 'text/plain', body: `${kSecret} ${i}` })).status, 201);
  await ask('PUT', '/team/pins/v1?at=2');
  assert.ok(files_with(server.dir, kSecret).length > 0);

  assert.equal((await ask('PUT', '/team/hold?reason=case')).status, 200);
  assert.equal((await ask('DELETE', '/team?erase=now')).status, 409);
  assert.equal((await ask('DELETE', '/team/hold')).status, 200);
  assert.equal((await ask('DELETE', '/team?erase=now')).status, 200);
  assert.equal((await ask('POST', '/team/undelete')).status, 410);
  await sleep(150);  // it has begun
  await server.kill();
  await server.launch();
  await until(async () => (await ask('GET', '/team/deletions')).json.deleted.erased, 'it is erased', 30_000);
  await until(() => files_with(server.dir, kSecret).length === 0, 'no file holds it', 10_000);
  await server.kill('SIGTERM');
  assert.deepEqual(files_with(server.dir, kSecret), []);
  const verified = run(['log', 'verify', '--data-dir', server.dir]);
  assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  await server.launch();

  assert.equal((await ask('GET', '/team/objects')).status, 410);
  assert.deepEqual((await ask('GET', '')).json.workspaces, ['else']);
  const begun = run(['undelete', 'team', '--anew', '--server', server.url]);
  assert.equal(begun.status, 0, begun.stderr);
  assert.deepEqual((await ask('GET', '/team/state')).json.objects, []);
  assert.deepEqual((await ask('GET', '/team/pins')).json.pins, []);
  const old = await y_client(t, server, 'team', 'plan', { doc: ann.doc, wait: false });
  const codes = closes(old.provider);
  await until(() => codes.includes(kGone), 'what was there does not come back');
  const ben = await y_client(t, server, 'team', 'plan');
  ben.text.insert(0, 'another plan');
  await converged([ben, await fresh(t, server, 'team', 'plan')]);
  assert.equal((await ask('GET', '/team/objects/plan')).json.state.content, 'another plan');
});

test('the command line deletes a workspace, and asks twice before it erases', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  await ask('PUT', '/team/objects/a?root=content', { type: 'text/plain', body: 'x' });
  const on = (...args) => run([...args, '--server', server.url]);
  assert.match(on('rm', 'team', '--dry-run').stdout, /workspace team would be deleted/);
  assert.match(on('rm', 'team', '--reason', 'over').stdout, /workspace team is deleted, .* until .*, `syncline undelete` brings it back/);
  assert.match(on('undelete', 'team').stdout, /workspace team is as it was/);
  const refused = on('rm', 'team', '--erase');
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /--confirm/);
  assert.match(on('rm', 'team', '--erase', '--confirm', 'team').stdout, /it is being erased/);
});
