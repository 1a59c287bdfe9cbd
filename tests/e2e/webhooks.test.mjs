// Webhooks: a receiver that verifies each message with `standardwebhooks`, that fails, comes back, and misses nothing when
// the server is killed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { at_end, binary, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kLocal = ['--hooks-allow', '127.0.0.0/8'];

// Takes messages as long as `status` is 200. Every one must have a good signature.
async function receiver(t) {
  const self = { status: 200, taken: [], refused: 0, bad: [], secret: undefined };
  const http = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text) => (body += text));
    request.on('end', () => {
      try {
        const message = new Webhook(self.secret).verify(body, request.headers);
        if (self.status === 200) self.taken.push({ id: request.headers['webhook-id'], ...message });
        else ++self.refused;
      } catch (error) {
        self.bad.push(`${error.message}: ${body}`);
      }
      response.writeHead(self.status).end();
    });
  });
  await new Promise((listening) => http.listen(0, '127.0.0.1', listening));
  at_end(t, async () => http.close());
  self.url = `http://127.0.0.1:${http.address().port}/hook?key=in-the-address`;
  self.positions = (object) => self.taken.filter(({ data }) => data.object === object).map(({ data }) => data.position);
  return self;
}

async function call(server, method, path, body, token) {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(`${server.url}/v1/workspaces/w/webhooks${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, ...(text === '' ? {} : JSON.parse(text)) };
}

async function write(server, object, text, token) {
  const headers = { 'Content-Type': 'text/plain', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) };
  const response = await fetch(`${server.url}/v1/workspaces/w/objects/${object}?root=content`, { method: 'PUT', headers, body: text });
  assert.ok(response.ok, `PUT ${object}: ${response.status} ${await response.text()}`);
}

test('a receiver that fails and a server that is killed lose nothing, and keep the order of each object', kTest, async (t) => {
  const server = await Server.start(t, { args: kLocal });
  const app = await receiver(t);
  await write(server, 'a', 'before');
  const made = await call(server, 'POST', '', { url: app.url, label: 'search' });
  assert.equal(made.status, 201, JSON.stringify(made));
  app.secret = made.secret;

  await write(server, 'a', 'one');
  await until(() => app.taken.length === 1, () => `one: ${JSON.stringify(app)}`);
  assert.deepEqual(app.taken[0].data.object, 'a');
  assert.equal(app.taken[0].type, 'change');

  app.status = 500;
  for (let i = 0; i < 5; ++i) for (const object of ['a', 'b']) await write(server, object, `down ${i}`);
  await until(() => app.refused > 0, () => 'it is tried');
  const [failing] = (await call(server, 'GET', '')).webhooks;
  assert.equal(failing.state, 'failing');
  assert.equal(failing.reason, 'the receiver answered 500');
  await server.restart();
  app.status = 200;
  await write(server, 'b', 'up');
  await until(() => app.taken.length >= 12, () => `all: ${JSON.stringify(app.taken.map(({ data }) => data.position))}`, 30_000);
  assert.deepEqual(app.positions('a'), [2, 3, 5, 7, 9, 11]);
  assert.deepEqual(app.positions('b'), [4, 6, 8, 10, 12, 13]);

  // Killed again and again while it delivers: nothing is missing, and in each object nothing comes before its time.
  for (let kills = 0; kills < 3; ++kills) {
    for (let i = 0; i < 10; ++i) await write(server, 'a', `${kills} ${i}`);
    await server.restart();
  }
  await until(() => new Set(app.positions('a')).size === 36, () => `all of a: ${app.positions('a')}`, 30_000);
  const first = app.positions('a').filter((position, i, all) => all.indexOf(position) === i);
  assert.deepEqual(first, [...first].sort((x, y) => x - y));
  assert.ok(app.positions('a').length <= 36 + 3, `at most one twice for each kill: ${app.positions('a')}`);
  assert.deepEqual(app.bad, []);
});

test('a secret is shown once, and is in no file of the data directory and in no line of the log', kTest, async (t) => {
  const server = await Server.start(t, { args: [...kLocal, '--log-level', 'debug'], env: { SYNCLINE_TOKEN: 'admin', SYNCLINE_READ_TOKEN: 'reader' } });
  const app = await receiver(t);
  assert.equal((await call(server, 'POST', '', { url: app.url }, 'reader')).status, 403);
  const made = await call(server, 'POST', '', { url: app.url }, 'admin');
  app.secret = made.secret;
  assert.match(made.secret, /^whsec_/);
  assert.equal((await call(server, 'GET', `/${made.id}`, undefined, 'admin')).secret, undefined);
  assert.deepEqual(await call(server, 'POST', `/${made.id}/test`, undefined, 'admin'), { status: 200, delivered: true, reason: '' });
  assert.deepEqual(app.taken.map(({ type }) => type), ['test']);

  // For a day both secrets are good.
  const rotated = await call(server, 'POST', `/${made.id}/rotate`, undefined, 'admin');
  assert.notEqual(rotated.secret, made.secret);
  for (const secret of [made.secret, rotated.secret]) {
    app.secret = secret;
    await call(server, 'POST', `/${made.id}/test`, undefined, 'admin');
  }
  assert.equal(app.taken.length, 3);
  assert.deepEqual(app.bad, []);

  await server.kill('SIGTERM');
  for (const entry of readdirSync(server.dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const bytes = readFileSync(join(entry.parentPath ?? entry.path, entry.name));
    for (const secret of [made.secret, rotated.secret]) {
      assert.equal(bytes.indexOf(secret.slice(6)), -1, `${entry.name} has the secret`);
      assert.equal(bytes.indexOf(Buffer.from(secret.slice(6), 'base64')), -1, `${entry.name} has the secret`);
    }
  }
  for (const word of [made.secret, rotated.secret, 'in-the-address']) assert.ok(!server.stderr.includes(word), server.stderr);
});

test('an address of this machine is refused unless the operator allows it, and a tenant learns nothing of it', kTest, async (t) => {
  const server = await Server.start(t);
  const app = await receiver(t);
  for (const url of [app.url, app.url.replace('127.0.0.1', 'localhost'), app.url.replace('127.0.0.1', '[::ffff:127.0.0.1]'), 'http://169.254.169.254/latest/']) {
    const made = await call(server, 'POST', '', { url });
    assert.equal(made.status, 201);
    const tried = await call(server, 'POST', `/${made.id}/test`);
    assert.deepEqual([tried.delivered, tried.reason], [false, 'its address is not one that this server may connect to (--hooks-allow)'], url);
    assert.equal((await call(server, 'DELETE', `/${made.id}`)).status, 204);
  }
  assert.deepEqual([app.taken, app.bad], [[], []]);
  assert.equal((await call(server, 'POST', '', { url: 'ftp://app.example/' })).status, 400);
});

test('the command line makes, tries, lists and removes a webhook', kTest, async (t) => {
  const server = await Server.start(t, { args: kLocal });
  const app = await receiver(t);
  // The receiver must be able to answer meanwhile.
  const webhook = async (...args) => (await promisify(execFile)(binary, ['webhook', ...args, '--server', server.url])).stdout;
  const made = JSON.parse(await webhook('add', 'w', app.url, '--prefix', 'notes/', '--json'));
  app.secret = made.secret;
  assert.match(await webhook('ls', 'w'), new RegExp(`${made.id}.*delivering`));
  assert.match(await webhook('test', 'w', made.id), /200/);
  assert.equal(await webhook('dead', 'w', made.id), '');
  assert.match(await webhook('replay', 'w', made.id), /0/);
  assert.match(await webhook('rotate', 'w', made.id), /whsec_/);
  assert.match(await webhook('enable', 'w', made.id), /delivering/);
  await webhook('rm', 'w', made.id);
  assert.equal(await webhook('ls', 'w'), '');
});
