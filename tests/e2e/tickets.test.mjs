// API keys, tickets, and how clients carry them: published clients, agents, and a browser. The recipes of docs/identity.md run
// as they stand there.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { browser, open_window, serve_page } from './lib/browser.mjs';
import { WebSocket, converged, h_client, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { Server, at_end, binary, repository, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kAdmin = 'operator-of-the-tests';
const closed_server = (t, options = {}) => Server.start(t, { env: { SYNCLINE_TOKEN: kAdmin }, ...options });
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

async function post(server, path, token, body) {
  const answer = await fetch(server.url + path, { method: 'POST', headers: bearer(token), body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}
async function ticket(server, wish, token = kAdmin) {
  const { status, body } = await post(server, '/v1/tickets', token, wish);
  assert.equal(status, 201, JSON.stringify(body));
  return body.ticket;
}
async function key(server, wish) {
  const { status, body } = await post(server, '/v1/api-keys', kAdmin, wish);
  assert.equal(status, 201, JSON.stringify(body));
  return body;
}
const status_of = async (server, path, token, method = 'GET') => (await fetch(server.url + path, { method, headers: bearer(token) })).status;
const admin_client = (t, server, workspace, object) => y_client(t, server, workspace, object, { params: { token: kAdmin } });

// The code with which a y-websocket client is refused.
function refusal(t, server, workspace, object, token) {
  return new Promise((refused, failed) => {
    y_client(t, server, workspace, object, { params: { token }, wait: false }).then(({ provider }) => {
      provider.on('connection-close', (event) => event && refused(event.code));
      provider.on('sync', (synced) => synced && failed(new Error('it was let in')));
    }, failed);
  });
}

test('a ticket lets a y-websocket client read or write one object, and nothing else', kTest, async (t) => {
  const server = await closed_server(t);
  const owner = await admin_client(t, server, 'app', 'notes/plan');
  owner.text.insert(0, 'Hello');
  for (const version of y_versions) {
    const client = async (rights) => y_client(t, server, 'app', 'notes/plan', {
      version, params: { token: await ticket(server, { workspace: 'app', object: 'notes/plan', rights, principal: 'ann' }) } });
    const reader = await client('read');
    await converged([owner, reader]);
    const writer = await client('write');
    writer.text.insert(0, `${version}`);
    await converged([owner, reader, writer]);
    // What a reader types goes nowhere.
    const before = owner.text.toString();
    reader.text.insert(0, 'not allowed');
    writer.text.insert(0, '+');
    await until(() => owner.text.toString() === `+${before}`, 'only the writer is heard');
  }
  const one = await ticket(server, { workspace: 'app', object: 'notes/plan', rights: 'write' });
  for (const [workspace, object] of [['app', 'notes/other'], ['app', 'notes'], ['other', 'notes/plan']])
    assert.equal(await refusal(t, server, workspace, object, one), 4403, `${workspace}/${object}`);
  // The history names who the application said.
  const { changes } = await server.json('/v1/workspaces/app/changes?limit=100', bearer(kAdmin));
  assert.ok(changes.some(({ principal }) => principal === 'ann'));
});

test('over HTTP, a ticket opens what it is for', kTest, async (t) => {
  const server = await closed_server(t);
  const owner = await admin_client(t, server, 'app', 'plan');
  owner.text.insert(0, 'Hello');
  await y_client(t, server, 'app', 'plan', { params: { token: kAdmin } });
  const one = await ticket(server, { workspace: 'app', object: 'plan' });
  const all = await ticket(server, { workspace: 'app' });
  const statuses = async (token) => Promise.all(['/v1/workspaces/app/objects/plan', '/v1/workspaces/app/objects', '/v1/workspaces/app/log',
    '/v1/workspaces', '/v1/workspaces/app2/objects', '/v1/keys', '/v1/api-keys', '/metrics', '/v1/sessions'].map((path) => status_of(server, path, token)));
  assert.deepEqual(await statuses(one), [200, 403, 403, 403, 403, 403, 403, 403, 403]);
  assert.deepEqual(await statuses(all), [200, 200, 200, 403, 403, 403, 403, 403, 403]);
  assert.equal(await status_of(server, '/v1/workspaces/app/pins/here', all, 'PUT'), 403, 'it only reads');
  // A ticket mints tickets that are narrower, never wider.
  assert.equal((await post(server, '/v1/tickets', all, { workspace: 'app', object: 'plan' })).status, 201);
  assert.equal((await post(server, '/v1/tickets', one, { workspace: 'app' })).status, 403);
  assert.equal((await post(server, '/v1/tickets', all, { workspace: 'app', rights: 'write' })).status, 403);
  assert.equal((await post(server, '/v1/tickets', all, { workspace: 'app', principal: 'ann' })).status, 403);
  assert.equal((await post(server, '/v1/tickets', 'wrong', { workspace: 'app' })).status, 401);
});

test('a Hocuspocus client takes a ticket for one of its documents', kTest, async (t) => {
  const server = await closed_server(t);
  const owner = await admin_client(t, server, 'app', 'plan');
  for (const version of hocuspocus_versions) {
    const token = await ticket(server, { workspace: 'app', object: 'plan', rights: 'write', principal: 'ann' });
    const { provider, doc, events } = await h_client(t, server, 'app', 'plan', version, { token });
    doc.getText('content').insert(0, `${version} `);
    await until(() => owner.text.toString() === doc.getText('content').toString(), 'the owner has it');
    const other = await h_client(t, server, 'app', 'other', version, { token, wait: false });
    await until(() => other.events.denied.length > 0, 'another document is denied');
    assert.match(other.events.denied[0], /one object only/);
    const reading = await h_client(t, server, 'app', 'plan', version, { token: await ticket(server, { workspace: 'app', object: 'plan' }) });
    assert.deepEqual(reading.events.scopes, ['readonly']);
    assert.equal(events.denied.length, 0);
    assert.ok(provider.isSynced);
  }
});

test('tickets outlast a restart, end with their key and in time', kTest, async (t) => {
  const server = await closed_server(t);
  const app = await key(server, { rights: 'write', for_others: true, label: 'app' });
  const wish = { workspace: 'app', object: 'plan', rights: 'write', principal: 'ann', name: 'Ann' };
  const long = await ticket(server, wish, app.key);
  const short = await ticket(server, { ...wish, lifetime_s: 1 }, app.key);
  const path = '/v1/workspaces/app/objects';
  assert.equal(await status_of(server, '/v1/workspaces/app/objects/plan', short), 404, 'let in: there is no such object yet');
  await until(async () => (await status_of(server, '/v1/workspaces/app/objects/plan', short)) === 401, 'a second is over');
  await server.restart();
  const client = await y_client(t, server, 'app', 'plan', { params: { token: long } });
  client.text.insert(0, 'x');
  const over = new Promise((code) => client.provider.on('connection-close', (event) => event && code(event.code)));
  const began = Date.now();
  const revoked = await fetch(`${server.url}/v1/api-keys/${app.id}`, { method: 'DELETE', headers: bearer(kAdmin) });
  assert.equal(revoked.status, 204);
  assert.equal(await over, 4401);
  assert.ok(Date.now() - began < 5000);
  assert.equal(await status_of(server, path, long), 401);
  assert.equal(await status_of(server, path, app.key), 401);
  await server.restart();
  assert.equal(await status_of(server, path, long), 401);
  assert.equal(await status_of(server, path, app.key), 401);
});

test('keys are made, listed and revoked from the command line', kTest, async (t) => {
  const dir = scratch_dir(t);
  const data = ['--data-dir', dir];
  const made = run(['key', 'create', ...data, '--label', 'first', '--rights', 'admin']);
  assert.equal(made.status, 0, made.stderr);
  assert.match(made.stdout, /^slk_[a-z2-7]{16}_[a-z2-7]{36}\n$/);
  const first = made.stdout.trim();
  const secret = first.split('_')[2];
  assert.ok(!made.stderr.includes(secret));
  const server = await Server.start(t, { dir, args: ['--require-token'] });
  assert.equal(await status_of(server, '/v1/workspaces', ''), 401, 'the server is closed');
  assert.equal(await status_of(server, '/v1/workspaces', first), 200);
  const busy = run(['key', 'create', ...data]);
  assert.equal(busy.status, 1);
  const online = { env: { SYNCLINE_SERVER: server.url, SYNCLINE_TOKEN: first } };
  const second = run(['key', 'create', '--rights', 'read', '--workspace', 'app', '--expires', '90d', '--label', 'export'], online).stdout.trim();
  assert.equal(await status_of(server, '/v1/workspaces/app/objects', second), 200);
  assert.equal(await status_of(server, '/v1/workspaces', second), 403);
  const list = run(['key', 'list'], online).stdout;
  assert.match(list, /ID +RIGHTS +FOR +LAST USED +ENDS +LABEL/);
  assert.match(list, /everything .* first\n/);
  assert.match(list, /read +app .* export\n/);
  for (const text of [list, run(['key', 'list', '--json'], online).stdout, run(['key', 'list', ...data]).stdout])
    for (const each of [secret, second.split('_')[2]]) assert.ok(!text.includes(each), 'no secret is shown');
  assert.equal(run(['key', 'revoke', second.split('_')[1]], online).status, 0);
  assert.equal(await status_of(server, '/v1/workspaces/app/objects', second), 401);
  assert.equal(run(['key', 'revoke', 'nothing'], online).status, 2);
  assert.equal(run(['key', 'revoke', 'abcdefghijklmnop'], online).status, 1);
  await server.kill('SIGTERM');
  assert.equal(run(['key', 'revoke', first, ...data]).status, 0);
  await server.launch();
  assert.equal(await status_of(server, '/v1/workspaces', first), 401);
  assert.ok(!server.stderr.includes(secret), 'no secret is logged');
});

test('a server that lets everybody in says that its keys do not close it', kTest, async (t) => {
  const dir = scratch_dir(t);
  const reader = run(['key', 'create', '--data-dir', dir]).stdout.trim();
  const server = await Server.start(t, { dir });
  assert.match(server.stderr, /require-token/);
  assert.equal(await status_of(server, '/v1/workspaces', ''), 200);
  assert.equal(await status_of(server, '/v1/workspaces/app/pins/x', reader, 'PUT'), 403, 'a key may allow less than everybody has');
  assert.match(run(['serve', '--address', '0.0.0.0', '--port', '0', '--data-dir', scratch_dir(t)]).stderr, /--require-token/);
});

test('a subprotocol carries the token, and the server never repeats it', kTest, async (t) => {
  const server = await closed_server(t);
  const token = await ticket(server, { workspace: 'app', object: 'plan', rights: 'write' });
  const client = await y_client(t, server, 'app', 'plan', { protocols: ['syncline', `syncline.token.${token}`] });
  client.text.insert(0, 'x');
  assert.equal(client.provider.ws.protocol, 'syncline');
  for (const protocols of [[`syncline.token.${token}`, 'syncline'], ['syncline', `syncline.token.${encodeURIComponent(kAdmin)}`]]) {
    const socket = new WebSocket(`${server.y('app')}/plan`, protocols);
    await new Promise((open, failed) => socket.on('open', open).on('error', failed));
    assert.equal(socket.protocol, 'syncline');
    socket.terminate();
  }
  class Offering extends WebSocket {
    constructor(url) {
      super(url, ['syncline', `syncline.token.${token}`]);
      this.on('error', () => {});
    }
  }
  const { h_socket } = await import('./lib/clients.mjs');
  for (const version of hocuspocus_versions) {
    const socket = h_socket(t, server, 'app', version, { WebSocketPolyfill: Offering });
    const hocuspocus = await h_client(t, server, 'app', 'plan', version, { socket, token: '' });
    assert.equal(hocuspocus.doc.getText('content').toString(), 'x');
  }
});

// As a browser sends it: the cookie comes with every request, and Origin says which page made it.
test('a cookie counts only from a page that is named', kTest, async (t) => {
  const kApp = 'https://app.example';
  const server = await closed_server(t, { args: ['--cors-origin', kApp, '--token-cookie', 'session'] });
  const Cookie = `theme=dark; session=${kAdmin}`;
  const ask = (method, path, headers) => new Promise((done, failed) => {
    request(server.url + path, { method, headers }, (answer) => done({ status: answer.resume().statusCode, headers: answer.headers })).on('error', failed).end();
  });
  const named = await ask('GET', '/v1/workspaces', { Cookie, Origin: kApp });
  assert.equal(named.status, 200);
  assert.equal(named.headers['access-control-allow-credentials'], 'true');
  assert.equal(named.headers['access-control-allow-origin'], kApp);
  assert.equal((await ask('POST', '/v1/api-keys', { Cookie, Origin: kApp })).status, 400, 'let in: the body is missing');
  for (const headers of [{ Cookie }, { Cookie, Origin: 'https://evil.example' }, { Cookie, Origin: 'null' }, { Cookie, Origin: 'http://app.example' }, { Origin: kApp }])
    for (const [method, path] of [['GET', '/v1/workspaces'], ['PUT', '/v1/log-level?level=debug'], ['POST', '/v1/api-keys'], ['DELETE', '/v1/workspaces/app/pins/x']])
      assert.equal((await ask(method, path, headers)).status, 401, `${method} ${path} ${JSON.stringify(headers)}`);
  const connect = (headers) => new Promise((done) => {
    const socket = new WebSocket(`${server.y('app')}/plan`, { headers });
    // A refused client is told why (message 2) before the connection closes.
    socket.on('message', ([kind]) => { if (kind !== 2) { done(0); socket.terminate(); } });
    socket.on('close', (code) => done(code));
    socket.on('error', () => {});
  });
  assert.equal(await connect({ Cookie, Origin: kApp }), 0);
  assert.equal(await connect({ Cookie, Origin: 'https://evil.example' }), 4401);
  assert.equal(await connect({ Cookie }), 4401);
  assert.equal(run(['serve', '--token-cookie', 'session', '--data-dir', scratch_dir(t), '--port', '0']).status, 2);
  assert.equal(run(['serve', '--token-cookie', 'a b', '--cors-origin', kApp, '--data-dir', scratch_dir(t), '--port', '0']).status, 2);
});

test('in Chromium: a ticket as a subprotocol, and as a cookie', { timeout: 240_000 }, async (t) => {
  const chrome = await browser(t);
  const [app, evil] = [await serve_page(t, 'tickets'), await serve_page(t, 'tickets')];
  const server = await closed_server(t, { args: ['--cors-origin', new URL(app).origin, '--token-cookie', 'session'] });
  const owner = await admin_client(t, server, 'app', 'plan');
  const token = await ticket(server, { workspace: 'app', object: 'plan', rights: 'write', principal: 'ann' });
  const synced = (page, client) => until(() => page.evaluate((i) => window.clients[i].synced(), client), 'the page is in step');
  const type = (page, client, text) => page.evaluate(([i, words]) => window.clients[i].doc.getText('content').insert(0, words), [client, text]);
  const url = server.ws;

  const page = await open_window(chrome, app);
  const offered = ['syncline', `syncline.token.${token}`];
  const by_protocol = await page.evaluate(([at, protocols]) => window.open_y(at, 'app', 'plan', { protocols }), [url, offered]);
  await synced(page, by_protocol);
  await type(page, by_protocol, 'protocol ');
  await until(() => owner.text.toString() === 'protocol ', 'the owner has it');
  assert.equal(await page.evaluate((i) => window.clients[i].provider.ws.protocol, by_protocol), 'syncline');

  // The same browser profile has the cookie, whatever page is open.
  await page.context().addCookies([{ name: 'session', value: token, url: app, httpOnly: true }]);
  const by_cookie = await page.evaluate((at) => window.open_y(at, 'app', 'plan'), url);
  await synced(page, by_cookie);
  await type(page, by_cookie, 'cookie ');
  await until(() => owner.text.toString() === 'cookie protocol ', 'the owner has it');
  const hocuspocus = await page.evaluate((at) => window.open_h(at, 'app', 'plan'), url);
  await synced(page, hocuspocus);
  assert.equal(await page.evaluate((i) => window.clients[i].text(), hocuspocus), 'cookie protocol ');
  const read = (where) => where.evaluate(async (at) => {
    try {
      const answer = await fetch(`${at}/v1/workspaces/app/objects/plan`, { credentials: 'include' });
      return [answer.status, (await answer.json()).state?.content];
    } catch (error) {
      return [0, error.name];
    }
  }, server.url);
  assert.deepEqual(await read(page), [200, 'cookie protocol ']);

  const other = await page.context().newPage();
  await other.goto(evil);
  assert.deepEqual(await read(other), [0, 'TypeError'], 'another page cannot read');
  const refused = await other.evaluate((at) => window.open_y(at, 'app', 'plan'), url);
  await until(() => other.evaluate((i) => window.clients[i].closed.includes(4401), refused), 'another page is not let in');
  const status = await other.evaluate((at) => fetch(`${at}/v1/workspaces/app/restore/plan?at=1&confirm=app`, { method: 'POST', mode: 'no-cors', credentials: 'include' }).then((answer) => answer.type), server.url);
  assert.equal(status, 'opaque', 'it was sent');
  assert.equal(owner.text.toString(), 'cookie protocol ', 'and did nothing');
  await page.context().close();
});

// ---- the recipes of docs/identity.md

const documented = readFileSync(join(repository, 'docs/identity.md'), 'utf8');

// The code of a recipe: its shell lines, and its files by the name in their first line.
function recipe(title) {
  const begin = documented.indexOf(`\n## ${title}`);
  assert.ok(begin >= 0, title);
  const text = documented.slice(begin + 1).split('\n## ')[0];
  const blocks = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, code]) => ({ language, code }));
  const files = Object.fromEntries(blocks.filter(({ language }) => language === 'js').map(({ code }) => [code.match(/^\/\/ (\S+)\n/)[1], code]));
  return { shell: blocks.filter(({ language }) => language === 'sh').map(({ code }) => code.trim().split('\n')), files };
}

// A directory where programs of the page run, with the ports of this test.
class Kitchen {
  constructor(t) {
    this.t = t;
    this.dir = scratch_dir(t, 'recipe');
    symlinkSync(join(repository, 'tests/e2e/node_modules'), join(this.dir, 'node_modules'));
    this.ports = {};
  }

  with_ports(text) {
    return Object.entries(this.ports).reduce((all, [documented_port, port]) => all.replaceAll(`:${documented_port}`, `:${port}`).replaceAll(`(${documented_port},`, `(${port},`), text);
  }

  write(files) {
    for (const [name, code] of Object.entries(files)) writeFileSync(join(this.dir, name), this.with_ports(code));
  }

  async shell(lines, env = {}) {
    const settings = { cwd: this.dir, env: { ...process.env, PATH: `${dirname(binary)}:${process.env.PATH}`, NO_COLOR: '1', ...env } };
    return promisify(execFile)('sh', ['-ec', this.with_ports(lines.join('\n'))], settings);
  }

  start(program) {
    const child = spawn(process.execPath, [program], { cwd: this.dir, stdio: 'inherit' });
    at_end(this.t, async () => child.kill());
  }
}

const free_port = () => new Promise((found) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    server.close(() => found(port));
  });
});

test('recipe 2: the application gives its users tickets', kTest, async (t) => {
  const kitchen = new Kitchen(t);
  const { shell: [[create, serve]], files } = recipe("Recipe 2: the application's own tickets");
  await kitchen.shell([create]);
  const words = serve.split(' ');
  assert.deepEqual(words.slice(0, 6), ['syncline', 'serve', '--data-dir', 'data', '--port', '4400']);
  const server = await Server.start(t, { dir: join(kitchen.dir, 'data'), args: words.slice(6) });
  kitchen.ports = { 4400: server.port, 3000: await free_port() };
  kitchen.write(files);
  kitchen.start('app.mjs');
  const app = `http://127.0.0.1:${kitchen.ports[3000]}/?document=notes/plan`;
  await until(() => fetch(app).then(({ status }) => status === 401, () => false), 'the application answers');
  const { open } = await import(pathToFileURL(join(kitchen.dir, 'page.mjs')));
  const opened = async (session) => {
    const client = await open(session, 'notes/plan', { WebSocketPolyfill: WebSocket, disableBc: true });
    t.after(() => { client.provider.destroy(); client.doc.destroy(); });
    await until(() => client.provider.synced, `${session} is in step`);
    return client;
  };
  const [ann, bob] = [await opened('ann-is-signed-in'), await opened('bob-is-signed-in')];
  ann.doc.getText('content').insert(0, 'Hello');
  await until(() => bob.doc.getText('content').toString() === 'Hello', 'Bob sees it');
  bob.doc.getText('content').insert(0, 'no');
  ann.doc.getText('content').insert(5, ', Bob');
  await until(() => bob.doc.getText('content').toString().endsWith('Hello, Bob'), 'Bob sees more');
  assert.equal(ann.doc.getText('content').toString(), 'Hello, Bob');
  const app_key = readFileSync(join(kitchen.dir, 'app.key'), 'utf8').trim();
  const { changes } = await server.json('/v1/workspaces/app/changes', bearer(app_key));
  assert.deepEqual([...new Set(changes.map(({ principal }) => principal))], ['ann']);
});

test('recipe 3: an agent with a key that is revoked', kTest, async (t) => {
  const kitchen = new Kitchen(t);
  const { shell: [create, end], files } = recipe('Recipe 3: agents with keys');
  const server = await closed_server(t);
  kitchen.ports = { 4400: server.port };
  kitchen.write(files);
  const owner = await admin_client(t, server, 'app', 'notes/plan');
  owner.text.insert(0, 'Hello');
  await until(async () => (await status_of(server, '/v1/workspaces/app/objects/notes/plan', kAdmin)) === 200, 'it is durable');
  const operator = { SYNCLINE_TOKEN: kAdmin };
  await kitchen.shell(create, operator);
  const { stdout } = await kitchen.shell(['node agent.mjs']);
  assert.equal(stdout, 'read 5 characters as of event 1\n');
  const { pins } = await server.json('/v1/workspaces/app/pins', bearer(kAdmin));
  assert.equal(pins[0].name, 'read-by-agent');
  const { stdout: ended } = await kitchen.shell(end, operator);
  assert.match(ended, /write +app .* summary-agent\n/);
  assert.match(ended, /[a-z2-7]{16} is revoked\n$/);
  await assert.rejects(kitchen.shell(['node agent.mjs']), /401 this key was revoked/);
});
