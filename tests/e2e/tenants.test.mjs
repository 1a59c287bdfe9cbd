// Tenants: customers that are kept apart. Published clients of two tenants use the same names of workspaces and
// documents, and nothing of one reaches the other; each has its quotas.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { WebSocket, converged, fresh, h_client, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { new_key, sign } from './lib/identity_provider.mjs';
import { Server, kSignAtOnce, run, scratch_dir } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

// The addresses of a tenant on that server, for the clients of lib/clients.mjs.
const in_tenant = (server, tenant) => ({
  y: (workspace) => `${server.ws}/t/${tenant}/y/${workspace}`,
  hocuspocus: (workspace) => `${server.ws}/t/${tenant}/hocuspocus/${workspace}`,
});

async function ask(server, method, path, headers = {}) {
  const response = await fetch(server.url + path, { method, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
}

async function create(server, tenant, quotas = {}, headers = {}) {
  const made = await ask(server, 'POST', `/v1/tenants/${tenant}?${new URLSearchParams(quotas)}`, headers);
  assert.equal(made.status, 201, made.text);
  return made.body;
}

// What the tenant uses, as the operator sees it.
const use_of = async (server, tenant) => (await server.json(`/v1/tenants/${tenant}`)).use;

test('the same names in two tenants are two workspaces, on every route', kTest, async (t) => {
  const server = await Server.start(t, { args: [...kSignAtOnce, '--threads', '2'] });
  for (const tenant of ['acme', 'beta']) await create(server, tenant);
  const acme = in_tenant(server, 'acme');
  const beta = in_tenant(server, 'beta');
  const clients = {};
  for (const [name, at] of Object.entries({ acme, beta, none: server })) {
    clients[name] = [];
    for (const version of y_versions) clients[name].push(await y_client(t, at, 'notes', 'plan', { version }));
    for (const version of hocuspocus_versions) clients[name].push(await h_client(t, at, 'notes', 'plan', version));
    clients[name][0].text.insert(0, `text of ${name}`);
    clients[name][1].awareness.setLocalStateField('user', { name: `somebody of ${name}` });
    clients[name][3].provider.sendStateless(`message of ${name}`);
  }
  for (const [name, those] of Object.entries(clients)) {
    await converged([...those, await fresh(t, { acme, beta, none: server }[name], 'notes', 'plan')]);
    assert.equal(those[0].text.toString(), `text of ${name}`);
    await until(() => those[4].events.stateless.length === 1, 'the message came');
    assert.deepEqual(those[4].events.stateless, [`message of ${name}`]);
    const seen = () => [...those[2].awareness.getStates().values()].map(({ user }) => user?.name).filter(Boolean);
    await until(() => seen().length === 1, 'somebody is seen');
    assert.deepEqual(seen(), [`somebody of ${name}`]);
  }

  // The HTTP API of each names its own, and no name within the server.
  for (const [name, prefix] of [['acme', '/t/acme'], ['beta', '/t/beta'], ['none', '']]) {
    assert.deepEqual((await server.json(`${prefix}/v1/workspaces`)).workspaces, ['notes']);
    const path = `${prefix}/v1/workspaces/notes`;
    const object = await server.json(`${path}/objects/plan`);
    assert.equal(object.workspace, 'notes');
    assert.equal(object.state.content, `text of ${name}`);
    const log = (await server.get(`${path}/log`)).text;
    const tenants = new Set(log.trim().split('\n').map((line) => JSON.parse(line).tenant));
    assert.deepEqual([...tenants], [name === 'none' ? undefined : name]);
    const others = ['acme', 'beta', 'none'].filter((other) => other !== name).map((other) => `of ${other}`);
    for (const route of ['state', 'changes', 'blame/plan', 'log', 'export', 'quarantine', 'pins', 'retention']) {
      const { status, text } = await server.get(`${path}/${route}`);
      assert.equal(status, 200, route);
      for (const other of others) assert.ok(!text.includes(other), `${route} of ${name} holds something ${other}`);
      assert.ok(!/\/(acme|beta)\/notes/.test(text), `${route} shows an internal name`);
    }
    await until(async () => (await server.get(`${path}/checkpoint`)).status === 200, 'it is signed');
    const [origin] = (await server.get(`${path}/checkpoint`)).text.split('\n');
    assert.ok(origin.endsWith(name === 'none' ? '/w/notes' : `/t/${name}/w/notes`), origin);
  }

  // After a restart it is the same, and the log verifies.
  await server.kill('SIGTERM');
  const verified = run(['log', 'verify', '--data-dir', server.dir]);
  assert.equal(verified.status, 0, verified.stderr + verified.stdout);
  await server.launch();
  for (const name of ['acme', 'beta'])
    assert.equal((await server.json(`/t/${name}/v1/workspaces/notes/objects/plan`)).state.content, `text of ${name}`);
  assert.equal((await server.json('/v1/workspaces/notes/objects/plan')).state.content, 'text of none');
});

test('a list of workspaces has those of one tenant, page by page', kTest, async (t) => {
  const server = await Server.start(t);
  await create(server, 'acme');
  await create(server, 'acme-2');
  const own = { '': ['+a', '-b', '0c', 'zz'], acme: ['-b', 'zz'], 'acme-2': ['0c'] };
  for (const [tenant, names] of Object.entries(own))
    for (const name of names) {
      const client = await y_client(t, tenant ? in_tenant(server, tenant) : server, name, 'doc', { params: { ack: '1' } });
      client.text.insert(0, 'x');
      await until(() => client.saving.count > 0, 'it is saved');
    }
  for (const [tenant, names] of Object.entries(own))
    for (const limit of [1, 2, 3, 100]) {
      const seen = [];
      for (let next = ''; next !== null; ) {
        const page = await server.json(`${tenant && `/t/${tenant}`}/v1/workspaces?limit=${limit}&after=${encodeURIComponent(next)}`);
        seen.push(...page.workspaces);
        next = page.next;
      }
      assert.deepEqual(seen, names, `${tenant || 'default'} by ${limit}`);
    }
});

test('an address opens no tenant to a token that is not for it', kTest, async (t) => {
  const env = { SYNCLINE_TOKEN: 'of the operator', SYNCLINE_READ_TOKEN: 'of a reader' };
  const server = await Server.start(t, { env });
  const operator = { Authorization: 'Bearer of the operator' };
  const reader = { Authorization: 'Bearer of a reader' };
  await create(server, 'acme', {}, operator);
  assert.equal((await ask(server, 'GET', '/t/acme/v1/workspaces', operator)).status, 200);
  assert.equal((await ask(server, 'GET', '/t/acme/v1/workspaces')).status, 401);
  const refused = await ask(server, 'GET', '/t/acme/v1/workspaces', reader);
  assert.equal(refused.status, 403);
  // It says the same of a tenant that does not exist.
  assert.equal((await ask(server, 'GET', '/t/nobody/v1/workspaces', reader)).text, refused.text);
  assert.equal((await ask(server, 'GET', '/t/Acme/v1/workspaces', operator)).status, 404);
  // Tenants are the operator's, and not within a tenant.
  assert.equal((await ask(server, 'GET', '/v1/tenants', reader)).status, 403);
  for (const path of ['/v1/tenants', '/metrics', '/v1/log-level'])
    assert.equal((await ask(server, 'GET', `/t/acme${path}`, operator)).status, 403, path);
  assert.equal((await ask(server, 'POST', '/t/acme/v1/backups?name=x', operator)).status, 403);

  const denied = [];
  const client = await y_client(t, in_tenant(server, 'acme'), 'notes', 'plan', { params: { token: 'of a reader' }, wait: false });
  client.provider.on('connection-close', (event) => denied.push(event.code));
  await until(() => denied.length > 0, 'y-websocket is refused');
  assert.equal(denied[0], 4403);
  const { events } = await h_client(t, in_tenant(server, 'acme'), 'notes', 'plan', 4, { token: 'of a reader', wait: false });
  await until(() => events.denied.length > 0, 'Hocuspocus is refused');
  assert.match(events.denied[0], /not for the tenant/);
});

test('a host name is the address of a tenant', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--tenant-host', 'acme.docs.example=acme'] });
  await create(server, 'acme');
  await create(server, 'beta');
  const asked = (path, host) => new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { headers: { Host: host } }, (answer) => {
      let text = '';
      answer.on('data', (piece) => (text += piece)).on('end', () => resolve({ status: answer.statusCode, text }));
    });
    sent.on('error', reject).end();
  });
  class AcmeSocket extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { headers: { Host: 'acme.docs.example' } });
    }
  }
  const client = await y_client(t, server, 'notes', 'plan', { WebSocketPolyfill: AcmeSocket });
  client.text.insert(0, 'by host');
  const same = await y_client(t, in_tenant(server, 'acme'), 'notes', 'plan');
  await until(() => same.text.toString() === 'by host', 'it is the workspace of the path');
  assert.deepEqual(JSON.parse((await asked('/v1/workspaces', 'acme.docs.example')).text).workspaces, ['notes']);
  assert.deepEqual((await server.json('/v1/workspaces')).workspaces, []);
  assert.equal((await asked('/t/acme/v1/workspaces', 'acme.docs.example')).status, 200);
  assert.equal((await asked('/t/beta/v1/workspaces', 'acme.docs.example')).status, 403);
  assert.equal((await asked('/v1/workspaces', 'beta.docs.example')).status, 421);
});

test('connections over the quota are refused, come back later, and others notice nothing', kTest, async (t) => {
  const server = await Server.start(t);
  await create(server, 'acme', { max_connections: 2 });
  await create(server, 'beta', { workspace_max_connections: 1 });
  const acme = in_tenant(server, 'acme');
  const first = await y_client(t, acme, 'notes', 'plan');
  const second = await h_client(t, acme, 'notes', 'plan', 4);
  assert.equal((await use_of(server, 'acme')).connections, 2);
  const answer = await new Promise((resolve) => {
    new WebSocket(`${acme.y('notes')}/plan`).on('unexpected-response', (_request, response) => resolve(response)).on('error', () => {});
  });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.headers['retry-after'], '5');
  const third = await y_client(t, acme, 'other', 'plan', { wait: false });
  const fourth = await h_client(t, acme, 'other', 'plan', 4, { wait: false });
  const beta = await y_client(t, in_tenant(server, 'beta'), 'notes', 'plan');
  const elsewhere = await y_client(t, in_tenant(server, 'beta'), 'other', 'plan');
  await y_client(t, server, 'notes', 'plan');
  await sleep(1000);
  assert.ok(!third.provider.synced && !fourth.provider.synced);
  assert.ok(first.provider.wsconnected && beta.provider.wsconnected && elsewhere.provider.wsconnected);

  // More room, while the server runs: both come in by themselves.
  assert.equal((await ask(server, 'PUT', '/v1/tenants/acme?max_connections=4')).status, 200);
  await until(() => third.provider.synced && fourth.provider.synced, 'both came in', 30_000);
  third.text.insert(0, 'hello');
  await converged([third, fourth]);
  second.provider.destroy();
  first.provider.destroy();
});

test('what is stored over the quota is refused, and can be read', kTest, async (t) => {
  const server = await Server.start(t);
  await create(server, 'acme', { max_stored_bytes: 20_000, max_workspaces: 2, workspace_max_objects: 2 });
  await create(server, 'beta');
  const acme = in_tenant(server, 'acme');
  const saving = { params: { ack: '1' } };
  const save = async (client, text) => {
    const before = client.saving.count;
    client.text.insert(0, text);
    await until(() => client.saving.count > before, 'it is saved');
  };
  const notes = await y_client(t, acme, 'notes', 'plan', saving);
  await save(notes, 'kept');
  await save(await y_client(t, acme, 'notes', 'second', saving), 'x');
  const refusals = (client) => {
    const told = [];
    client.provider.messageHandlers[2] = (_encoder, decoder) => told.push(Buffer.from(decoder.arr.subarray(decoder.pos)).toString());
    return told;
  };
  const object = await y_client(t, acme, 'notes', 'third', saving);
  const told = refusals(object);
  object.text.insert(0, 'no third object');
  await until(() => told.length > 0, 'a third object is refused');
  assert.match(told[0], /this workspace may have 2 objects/);
  await save(await y_client(t, acme, 'more', 'plan', saving), 'x');
  const workspace = await y_client(t, acme, 'too-many', 'plan', saving);
  const told_too = refusals(workspace);
  workspace.text.insert(0, 'no third workspace');
  await until(() => told_too.length > 0, 'a third workspace is refused');
  assert.match(told_too[0], /this tenant may have 2 workspaces/);

  const large = refusals(notes);
  notes.text.insert(0, 'y'.repeat(30_000));
  await until(() => large.length > 0, 'too many bytes are refused');
  assert.match(large[0], /this tenant may have 20000 stored bytes/);
  assert.ok(notes.provider.wsconnected, 'the client stays');
  assert.equal((await fresh(t, acme, 'notes', 'plan')).text.toString(), 'kept');
  const beta = await y_client(t, in_tenant(server, 'beta'), 'notes', 'plan', saving);
  await save(beta, 'z'.repeat(30_000));

  const { workspaces, objects, stored_bytes } = await use_of(server, 'acme');
  assert.deepEqual([workspaces, objects], [2, 3]);
  assert.ok(stored_bytes > 20 && stored_bytes < 1000, `${stored_bytes}`);
  // It is known after a restart, too.
  await sleep(2500);
  await server.restart();
  assert.deepEqual(await use_of(server, 'acme').then(({ connections, memory_bytes, ...stored }) => stored), { workspaces, objects, stored_bytes });
});

test('a tenant over its rate is read more slowly, and another is not', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--threads', '1'] });
  await create(server, 'acme', { max_events_per_second: 20 });
  await create(server, 'beta');
  const loud = await y_client(t, in_tenant(server, 'acme'), 'notes', 'plan', { params: { ack: '1' } });
  const quiet = await y_client(t, in_tenant(server, 'beta'), 'notes', 'plan', { params: { ack: '1' } });
  const typing = (async () => {
    for (let i = 0; i < 100; ++i) {
      const before = loud.saving.count;
      loud.text.insert(i, 'x');
      await until(() => loud.saving.count > before, 'it is saved', 20_000);
    }
  })();
  const began = performance.now();
  const waits = [];
  while (loud.saving.count < 100) {
    const before = quiet.saving.count;
    const sent = performance.now();
    quiet.text.insert(0, 'y');
    await until(() => quiet.saving.count > before, 'the quiet one is saved');
    waits.push(performance.now() - sent);
    await sleep(20);
  }
  await typing;
  const took = performance.now() - began;
  // A burst of two seconds, then 20 a second.
  assert.ok(took > 2000, `100 events took ${took} ms`);
  waits.sort((a, b) => a - b);
  assert.ok(waits[Math.floor(waits.length * 0.99)] < 1000, `${waits.at(-1)} ms`);
});

test('a suspended tenant is closed to everybody, and opens again', kTest, async (t) => {
  const server = await Server.start(t);
  await create(server, 'acme');
  const acme = in_tenant(server, 'acme');
  const client = await y_client(t, acme, 'notes', 'plan');
  client.text.insert(0, 'before');
  await converged([client, await fresh(t, acme, 'notes', 'plan')]);
  assert.equal((await ask(server, 'PUT', '/v1/tenants/acme?state=suspended')).status, 200);
  assert.equal((await ask(server, 'GET', '/t/acme/v1/workspaces')).status, 403);
  await until(() => !client.provider.wsconnected, 'whoever was there is sent away', 20_000);
  assert.equal((await ask(server, 'PUT', '/v1/tenants/acme?state=active')).status, 200);
  assert.equal((await fresh(t, acme, 'notes', 'plan')).text.toString(), 'before');
});

test('the command line administers tenants, and reads their data', kTest, async (t) => {
  const server = await Server.start(t);
  const tenant = (...args) => run(['tenant', ...args, '--server', server.url]);
  const made = tenant('create', 'acme', '--name', 'Acme Inc.', '--max-connections', '100');
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /tenant: {2}acme \(Acme Inc\.\)/);
  assert.match(made.stdout, /connections +0 +100 +none/);
  assert.equal(tenant('create', 'acme').status, 1);
  assert.equal(tenant('create', 'default').status, 1);
  assert.match(tenant('set', 'acme', '--max-connections', 'none', '--workspace-max-objects', '7').stdout, /objects +0 +none +7/);
  assert.equal(tenant('set', 'nobody').status, 1);
  const client = await y_client(t, in_tenant(server, 'acme'), 'notes', 'plan', { params: { ack: '1' } });
  client.text.insert(0, 'Hello');
  await until(() => client.saving.count > 0, 'it is saved');
  assert.match(tenant('list').stdout, /acme +active +1 +1/);
  assert.equal(JSON.parse(tenant('show', 'acme', '--json').stdout).use.objects, 1);

  const bundle = join(scratch_dir(t, 'bundle'), 'notes.bundle');
  for (const source of [['--server', server.url], ['--data-dir', server.dir]]) {
    assert.equal(run(['ls', '--tenant', 'acme', ...source]).stdout.trim(), 'notes');
    assert.equal(run(['ls', ...source]).stdout.trim(), '');
    assert.match(run(['cat', 'notes/plan', '--tenant', 'acme', ...source]).stdout, /Hello/);
  }
  const exported = run(['export', 'notes', '-o', bundle, '--tenant', 'acme', '--server', server.url]);
  assert.equal(exported.status, 0, exported.stderr);
  assert.ok(!readFileSync(bundle).includes('/acme/notes'), 'the file holds the public name');
  tenant('create', 'beta');
  const imported = run(['import', bundle, '--tenant', 'beta', '--server', server.url]);
  assert.equal(imported.status, 0, imported.stderr);
  assert.match(run(['cat', 'notes/plan', '--tenant', 'beta', '--server', server.url]).stdout, /Hello/);

  const refused = tenant('delete', 'acme');
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /tenant acme has data: 1 workspaces with \d+ bytes/);
  assert.equal(tenant('delete', 'acme', '--with-data').status, 2);
  assert.equal(tenant('delete', 'acme', '--with-data', '--confirm', 'beta').status, 2);
  assert.match(tenant('delete', 'acme', '--with-data', '--confirm', 'acme').stdout, /closed for good; its data is erased when/);
  assert.equal((await ask(server, 'GET', '/t/acme/v1/workspaces')).status, 403);
  assert.equal(tenant('create', 'acme').status, 1);
  await server.restart();
  assert.equal((await ask(server, 'GET', '/t/acme/v1/workspaces')).status, 404, 'it is gone');
  assert.match(tenant('create', 'acme').stdout, /workspaces +0/, 'and its name is free');
  assert.deepEqual((await server.json('/t/acme/v1/workspaces')).workspaces, []);
  assert.match(run(['cat', 'notes/plan', '--tenant', 'beta', '--server', server.url]).stdout, /Hello/, 'another keeps its data');
  const verified = run(['log', 'verify', '--data-dir', server.dir]);
  assert.equal(verified.status, 0, verified.stderr);
  assert.match(tenant('create', 'empty').stdout, /empty/);
  assert.match(tenant('delete', 'empty').stdout, /is gone/);
});

test('a claim of the token chooses the tenant', kTest, async (t) => {
  const key = await new_key('EdDSA', 'one');
  const file = join(scratch_dir(t, 'keys'), 'jwks.json');
  writeFileSync(file, JSON.stringify({ keys: [key.jwk] }));
  const operator = { Authorization: 'Bearer operator' };
  const server = await Server.start(t, { args: ['--jwt-keys', file, '--jwt-tenant-claim', 'org', '--jwt-rights-claim', 'scope'], env: { SYNCLINE_TOKEN: 'operator' } });
  for (const tenant of ['acme', 'beta']) await create(server, tenant, {}, operator);
  const token = (org, scope = 'write', more = {}) => sign(key, { org, scope, jti: `of-${org}`, ...more });
  const texts = {};
  for (const org of ['acme', 'beta', 'default']) {
    const y = await y_client(t, server, 'notes', 'plan', { params: { token: await token(org) } });
    const h = await h_client(t, server, 'notes', 'plan', 4, { token: await token(org) });
    y.text.insert(0, `text of ${org}`);
    await converged([y, h]);
    texts[org] = h;
  }
  for (const [org, { text }] of Object.entries(texts)) assert.equal(text.toString(), `text of ${org}`);
  const as = async (org, scope, method, path) => ask(server, method, path, { Authorization: `Bearer ${await token(org, scope)}` });
  assert.match((await as('acme', 'read', 'GET', '/v1/workspaces/notes/objects/plan')).text, /text of acme/);
  // A token that names no tenant, or one that does not exist, opens nothing.
  assert.equal((await as(undefined, 'write', 'GET', '/v1/workspaces')).status, 401);
  assert.equal((await as('nobody', 'write', 'GET', '/v1/workspaces')).status, 403);
  assert.equal((await as('acme', 'write', 'GET', '/t/beta/v1/workspaces')).status, 403);
  // Its administrator administers it, and nothing else.
  const sessions = await as('acme', 'admin', 'GET', '/v1/sessions');
  assert.deepEqual(new Set(sessions.body.sessions.flatMap(({ documents }) => documents.map(({ tenant }) => tenant))), new Set(['acme']));
  assert.equal((await as('acme', 'admin', 'GET', '/v1/tenants')).status, 403);
  assert.equal((await as('acme', 'admin', 'GET', '/metrics')).status, 403);
  const made = await fetch(`${server.url}/v1/api-keys`, { method: 'POST', headers: { Authorization: `Bearer ${await token('acme', 'admin')}` }, body: '{"rights":"admin"}' });
  assert.equal(made.status, 201);
  const { key: own, tenant } = await made.json();
  assert.equal(tenant, 'acme');
  const with_key = (path) => ask(server, 'GET', path, { Authorization: `Bearer ${own}` });
  assert.match((await with_key('/v1/workspaces/notes/objects/plan')).text, /text of acme/);
  for (const path of ['/v1/tenants', '/metrics', '/t/beta/v1/workspaces', '/t/default/v1/workspaces']) assert.equal((await with_key(path)).status, 403, path);
  // What one of them revokes holds for its tenant, on every route, also for the one that a claim calls "default".
  assert.equal((await as('acme', 'admin', 'POST', '/v1/revocations?token_id=of-beta&tenant=beta')).status, 403);
  assert.equal((await as('default', 'admin', 'POST', '/v1/revocations?token_id=of-default')).status, 204);
  assert.equal((await as('default', 'read', 'GET', '/v1/workspaces')).status, 401);
  assert.equal((await as('beta', 'read', 'GET', '/v1/workspaces')).status, 200);
});

test('an import counts, and is refused over the quota', kTest, async (t) => {
  const server = await Server.start(t);
  for (const tenant of ['acme', 'beta']) await create(server, tenant);
  await create(server, 'small', { max_stored_bytes: '1000' });
  const client = await y_client(t, in_tenant(server, 'acme'), 'notes', 'plan', { params: { ack: '1' } });
  client.text.insert(0, 'x'.repeat(5_000));
  await until(() => client.saving.count > 0, 'it is saved');
  const bundle = join(scratch_dir(t, 'bundle'), 'notes.bundle');
  assert.equal(run(['export', 'notes', '-o', bundle, '--tenant', 'acme', '--server', server.url]).status, 0);
  const original = await use_of(server, 'acme');
  assert.equal(run(['import', bundle, '--tenant', 'beta', '--server', server.url]).status, 0);
  const { stored_bytes, objects, workspaces } = await use_of(server, 'beta');
  assert.deepEqual({ stored_bytes, objects, workspaces }, { stored_bytes: original.stored_bytes, objects: original.objects, workspaces: 1 });
  const refused = run(['import', bundle, '--tenant', 'small', '--server', server.url]);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /over the quota: this tenant may have 1000 stored bytes/);
  assert.deepEqual((await use_of(server, 'small')).workspaces, 0);
  await sleep(2_500);  // until the use is written down
  await server.restart();
  assert.equal((await use_of(server, 'beta')).stored_bytes, stored_bytes);
});

test('metrics show what each tenant uses', kTest, async (t) => {
  const server = await Server.start(t);
  await create(server, 'acme');
  await y_client(t, in_tenant(server, 'acme'), 'notes', 'plan');
  const { text } = await server.get('/metrics');
  assert.match(text, /syncline_tenant_connections\{tenant="acme"\} 1/);
  assert.equal((await ask(server, 'GET', '/t/acme/metrics')).status, 403);
});
