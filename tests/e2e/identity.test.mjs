// Who is there: tokens of identity providers (JWT) and of the application (webhook), with npm `jose` as the peer that
// signs, published clients that carry the tokens, and providers that rotate, stall, flood and lie.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { h_client, y_client, y_versions, hocuspocus_versions } from './lib/clients.mjs';
import { IdentityProvider, kAlgorithms, new_key, sign } from './lib/identity_provider.mjs';
import { Server, at_end, repository, run, scratch_dir } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
// The tests' providers are on this machine.
const kLocal = ['--outbound-allow', '127.0.0.1'];

const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const status_of = async (server, token) => (await server.get('/v1/workspaces', bearer(token))).status;
const message_of = async (server, token) => {
  const { status, text } = await server.get('/v1/workspaces', bearer(token));
  return status === 200 ? '' : JSON.parse(text).error.message;
};

// A file of published keys, for --jwt-keys.
function key_file(t, keys) {
  const file = join(scratch_dir(t, 'keys'), 'jwks.json');
  writeFileSync(file, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  return file;
}

// The value of a metric with a label.
async function result_of(server, name, result, headers) {
  const { text } = await server.get('/metrics', headers);
  return Number(text.split('\n').find((l) => l.startsWith(`syncline_${name}{result="${result}"} `)).split(' ')[1]);
}

async function total_of(server, name, headers) {
  const { text } = await server.get('/metrics', headers);
  return Number(text.split('\n').find((l) => l.startsWith(`syncline_${name} `)).split(' ')[1]);
}

// Who wrote the events of a workspace that has some.
const principals = (server, workspace, token) => until(async () => {
  const text = (await server.get(`/v1/workspaces/${workspace}/log`, bearer(token))).text.trim();
  return text !== '' && text.split('\n').map((line) => JSON.parse(line).principal);
}, 'the workspace has events');

test('tokens of every algorithm let published clients in, under their id', kTest, async (t) => {
  const keys = await Promise.all([...kAlgorithms].map((alg) => new_key(alg, `key of ${alg}`)));
  const args = ['--jwt-keys', key_file(t, keys), '--jwt-issuer', 'https://id.example', '--jwt-audience', 'docs'];
  const server = await Server.start(t, { args });
  for (const key of keys) {
    const token = await sign(key, { sub: `user of ${key.alg}` });
    const workspace = key.alg;
    const y = await y_client(t, server, workspace, 'doc', { params: { token, ack: '1' } });
    y.text.insert(0, 'by y-websocket ');
    await until(() => y.saving.count > 0, 'it is saved');
    const h = await h_client(t, server, workspace, 'doc', 4, { token });
    await until(() => h.text.toString() === 'by y-websocket ', 'Hocuspocus sees it');
    h.text.insert(0, 'by Hocuspocus ');
    await until(() => !h.provider.hasUnsyncedChanges, 'it is saved');
    assert.deepEqual(new Set(await principals(server, workspace, token)), new Set([`user of ${key.alg}`]));
  }
  // "Ed25519", as RFC 9864 calls it.
  const named = { ...keys[0], alg: 'Ed25519' };
  assert.equal(await status_of(server, await sign(named)), 200);
  assert.ok((await result_of(server, 'jwt_total', 'remembered', bearer(await sign(keys[0])))) > 0);
});

test('HS256 counts only if it is configured', kTest, async (t) => {
  const key = await new_key('HS256', 'shared');
  const file = key_file(t, [key]);
  const refused = run(['serve', '--port', '0', '--data-dir', scratch_dir(t), '--jwt-keys', file]);
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /--jwt-keys: .*there is no usable key: secrets \(HS256\) are not accepted here/);
  const server = await Server.start(t, { args: ['--jwt-keys', file, '--jwt-algorithms', 'HS256'] });
  assert.equal(await status_of(server, await sign(key)), 200);
  assert.equal(await status_of(server, await sign(await new_key('HS256', 'shared'))), 401);
});

test('who is refused is told why, in his own protocol', kTest, async (t) => {
  const key = await new_key('ES256', 'one');
  const other = await new_key('ES256', 'one');
  const unknown = await new_key('ES256', 'two');
  const long = await new_key('RS512', 'one');
  const now = Math.floor(Date.now() / 1000);
  const args = ['--jwt-keys', key_file(t, [key]), '--jwt-issuer', 'https://id.example', '--jwt-audience', 'docs', '--jwt-leeway-seconds', '0'];
  const server = await Server.start(t, { args });
  const tokens = [
    ['', /a token is required/],
    ['nonsense', /unknown token/],
    ['a.b.c', /no signed token/],
    [await sign(key, { exp: now - 1 }), /has expired/],
    [await sign(key, { exp: undefined }), /never expires/],
    [await sign(key, { nbf: now + 60 }), /not valid yet/],
    [await sign(key, { iat: now + 60 }), /issued in the future/],
    [await sign(key, { iss: 'https://id.example/' }), /another issuer/],
    [await sign(key, { aud: ['other'] }), /another audience/],
    [await sign(key, { sub: undefined }), /names nobody/],
    [await sign(key, { sub: 'token' }), /reserved/],
    [await sign(other), /signature of the token is wrong/],
    [await sign(unknown), /no key is known/],
    [await sign(long), /algorithm that is not accepted/],
    [await sign(key, {}, { typ: 'logout+jwt' }), /another purpose/],
    [`${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"ann"}').toString('base64url')}.`, /no signed token/],
  ];
  for (const [token, reason] of tokens) assert.match(await message_of(server, token), reason);
  const expired = tokens[3][0];
  for (const version of y_versions) {
    const closed = [];
    const y = await y_client(t, server, 'w', 'o', { version, params: { token: expired }, wait: false });
    y.provider.on('connection-close', (event) => event && closed.push([event.code, String(event.reason)]));
    await until(() => closed.length > 0, 'it is closed');
    y.provider.disconnect();
    assert.equal(closed[0][0], 4401);
    assert.match(closed[0][1], /has expired/);
  }
  for (const version of hocuspocus_versions) {
    const h = await h_client(t, server, 'w', 'o', version, { token: expired, wait: false });
    await until(() => h.events.denied.length > 0, 'it is denied');
    assert.match(h.events.denied[0], /has expired/);
    h.provider.destroy();
  }
  assert.equal(await status_of(server, await sign(key)), 200);
  const metrics = await server.get('/metrics', bearer(await sign(key)));
  assert.match(metrics.text, /syncline_jwt_total\{result="refused"\} [1-9]/);
  for (const [token] of tokens.slice(2)) assert.ok(!server.stderr.includes(token), 'no token is logged');
});

test('claims say the name, the groups and the rights', kTest, async (t) => {
  const key = await new_key('EdDSA', 'one');
  const args = ['--jwt-keys', key_file(t, [key]), '--jwt-id-claim', 'https://app.example/id', '--jwt-rights-claim', 'scope'];
  const server = await Server.start(t, { args });
  const claims = (scope) => ({ 'https://app.example/id': 'u-7', scope });
  const reader = await h_client(t, server, 'w', 'o', 4, { token: await sign(key, claims('openid syncline:read')) });
  const writer = await h_client(t, server, 'w', 'o', 4, { token: await sign(key, claims('openid syncline:write')) });
  assert.deepEqual([reader.events.scopes, writer.events.scopes], [['readonly'], ['read-write']]);
  assert.match(await message_of(server, await sign(key, claims('openid'))), /gives no rights/);
  assert.match(await message_of(server, await sign(key, { scope: 'read' })), /names nobody/);
  const level = (token) => fetch(`${server.url}/v1/log-level?level=info`, { method: 'PUT', headers: bearer(token) }).then(({ status }) => status);
  assert.equal(await level(await sign(key, claims('write'))), 403);
  assert.equal(await level(await sign(key, claims('admin'))), 200);
});

// For conditions that present wrong tokens, which the server answers later and later.
async function slowly(condition) {
  const met = await condition();
  if (!met) await sleep(2_000);
  return met;
}

test('keys that are rotated, and an issuer that fails', { timeout: 180_000 }, async (t) => {
  const provider = await IdentityProvider.start(t);
  const server = await Server.start(t, { args: ['--oidc-issuer', provider.issuer, '--jwt-audience', 'docs', ...kLocal] });
  const first = await provider.sign();
  await until(async () => (await status_of(server, first)) === 200, 'the first key is known');
  assert.deepEqual(provider.asked, { discovery: 1, keys: 1, elsewhere: 0 });
  await provider.rotate('second');
  const second = await provider.sign();
  // Unknown keys within the cooldown ask nobody.
  const flood = await new_key('ES256', 'made up');
  const made_up = await Promise.all(Array.from({ length: 8 }, (_, i) => sign(flood, { iss: provider.issuer, jti: String(i) })));
  assert.deepEqual(new Set(await Promise.all(made_up.map((token) => status_of(server, token)))), new Set([401]));
  assert.equal(provider.asked.keys, 1);
  // The old key serves until the next fetch; then the new one, and the old one no longer.
  assert.equal(await status_of(server, first), 200);
  await until(() => slowly(async () => (await status_of(server, second)) === 200), 'the second key is known', 60_000);
  assert.equal(provider.asked.keys, 2);
  assert.match(await message_of(server, first), /no key is known/);
  // What fails now changes nothing for tokens of a known key.
  provider.mode = 'breaks';
  await provider.rotate('third');
  assert.equal(await status_of(server, second), 200);
  const third = await provider.sign();
  await until(() => slowly(async () => {
    await status_of(server, third);
    return (await total_of(server, 'jwks_fetch_failures_total', bearer(second))) === 1;
  }), 'a fetch fails', 60_000);
  assert.equal(await status_of(server, second), 200);
  assert.notEqual(await status_of(server, third), 200);
});

const kBadProviders = [
  ['stalls', /did not answer in time/],
  ['floods', /too large/],
  ['endless', /too large/],
  ['redirects', /status 302; redirects are not followed/],
  ['breaks', /status 500/],
  ['garbage', /no JSON/],
  ['lies', /of another issuer/],
  ['nowhere', /there is no jwks_uri/],
  ['secret', /no usable key|another issuer/],
];
for (const [mode, reason] of kBadProviders) {
  test(`a provider that ${mode} lets nobody in`, kTest, async (t) => {
    const provider = await IdentityProvider.start(t);
    provider.mode = mode;
    const server = await Server.start(t, { args: ['--oidc-issuer', provider.issuer, ...kLocal], env: { SYNCLINE_TOKEN: 'operator!' } });
    const { status, text } = await server.get('/v1/workspaces', bearer(await provider.sign()));
    assert.equal(status, 503, text);
    assert.match(text, /cannot be fetched now/);
    assert.equal(await status_of(server, 'operator!'), 200);  // others do not notice
    await until(() => reason.test(server.stderr), () => `the reason is logged: ${server.stderr}`);
    assert.equal(await total_of(server, 'jwks_fetch_failures_total', bearer('operator!')), 1);
    assert.equal(provider.asked.elsewhere, 0);
  });
}

test('a published secret is no key', kTest, async (t) => {
  const provider = await IdentityProvider.start(t);
  provider.mode = 'secret';
  const server = await Server.start(t, { args: ['--jwks-url', provider.jwks, '--jwt-algorithms', 'HS256', ...kLocal] });
  const key = { alg: 'HS256', kid: 'first', key: Buffer.from('A'.repeat(43), 'base64url') };
  assert.equal(await status_of(server, await sign(key)), 503);
});

test('the server fetches nothing from private addresses unless it may', kTest, async (t) => {
  const provider = await IdentityProvider.start(t);
  for (const url of [provider.jwks, provider.jwks.replace('127.0.0.1', 'localhost'), provider.jwks.replace('127.0.0.1', '[::ffff:127.0.0.1]')]) {
    const server = await Server.start(t, { args: ['--jwks-url', url] });
    assert.equal(await status_of(server, await provider.sign()), 503);
    await until(() => /not an address of the public internet/.test(server.stderr), 'the reason is logged');
  }
  assert.equal(provider.asked.keys, 0);
  const server = await Server.start(t, { args: ['--jwks-url', provider.jwks, '--outbound-allow-private'] });
  await until(async () => (await status_of(server, await provider.sign())) === 200, 'now it may');
});

test('a provider must prove who it is', kTest, async (t) => {
  const dir = scratch_dir(t, 'tls');
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  const make = (names) => spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', `subjectAltName=${names}`, '-keyout', key, '-out', cert]);
  const started = async (names, args) => {
    assert.equal(make(names).status, 0);
    const provider = await IdentityProvider.start(t, { tls: { cert: readFileSync(cert), key: readFileSync(key) } });
    const server = await Server.start(t, { args: ['--oidc-issuer', provider.issuer, ...kLocal, ...args] });
    return { provider, server, status: await status_of(server, await provider.sign()) };
  };
  assert.equal((await started('IP:127.0.0.1', ['--outbound-ca', cert])).status, 200);
  for (const [names, args] of [['IP:127.0.0.1', []], ['DNS:other.example', ['--outbound-ca', cert]]]) {
    const { provider, server, status } = await started(names, args);
    assert.equal(status, 503);
    await until(() => /certificate is not trusted/.test(server.stderr), () => server.stderr);
    assert.equal(provider.asked.discovery, 0);
  }
});

test('of two issuers, one lies', kTest, async (t) => {
  const honest = await IdentityProvider.start(t);
  const liar = await IdentityProvider.start(t);
  const file = join(scratch_dir(t, 'issuers'), 'issuers.json');
  const list = [{ issuer: liar.issuer, discovery: true, audience: 'docs', id_prefix: 'partner:', rights: 'read' }];
  writeFileSync(file, JSON.stringify(list));
  const server = await Server.start(t, { args: ['--oidc-issuer', honest.issuer, '--jwt-audience', 'docs', '--issuers', file, ...kLocal] });
  const me = async (token) => (await server.get('/v1/me', bearer(token))).text;
  const own = await honest.sign();
  await until(async () => (await status_of(server, own)) === 200, 'the keys are known');
  assert.equal(JSON.parse(await me(own)).principal, 'ann');
  const partner = JSON.parse(await me(await liar.sign()));
  assert.deepEqual([partner.principal, partner.rights], ['partner:ann', 'read']);
  const writer = await h_client(t, server, 'w', 'o', 4, { token: own });
  writer.text.insert(0, 'honest');
  assert.deepEqual(await principals(server, 'w', own), ['ann']);
  // The liar signs in the name of the other, also with the id of its key.
  assert.match(await message_of(server, await liar.sign({ iss: honest.issuer })), /signature of the token is wrong/);
  assert.match(await message_of(server, await honest.sign({ iss: liar.issuer })), /signature of the token is wrong/);
  assert.match(await message_of(server, await liar.sign({ iss: 'https://third.example' })), /of another issuer/);
  assert.match(await message_of(server, await honest.sign({ sub: 'partner:ann' })), /reserved/);

  for (const [wrong, reason] of [['[', /no JSON list/], ['[{"issuer":"x"}]', /'keys' are of one place/],
    [JSON.stringify([{ ...list[0], id_prefix: undefined }]), /may give two people the same id/], [JSON.stringify([{ ...list[0], key: 'x' }]), /'key' is no member/]]) {
    writeFileSync(file, wrong);
    const refused = run(['serve', '--data-dir', scratch_dir(t), '--port', '0', '--oidc-issuer', honest.issuer, '--issuers', file]);
    assert.notEqual(refused.status, 0);
    assert.match(refused.stderr, reason);
  }
});

test('options that make no sense are refused at the start', kTest, async (t) => {
  const file = key_file(t, [await new_key('ES256', 'one')]);
  const garbage = join(scratch_dir(t), 'garbage');
  writeFileSync(garbage, 'no key');
  const cases = [
    [['--jwt-audience', 'docs'], /options for JWTs without keys/],
    [['--jwt-keys', file, '--jwks-url', 'https://id.example/k'], /exclude each other/],
    [['--jwt-keys', `${file}.missing`], /cannot be read/],
    [['--jwt-keys', garbage], /there is no PUBLIC KEY in PEM/],
    [['--jwt-keys', file, '--jwt-algorithms', 'RS1'], /'RS1' is none of/],
    [['--jwks-url', 'id.example/keys'], /is no URL/],
    [['--oidc-issuer', 'ftp://id.example'], /is no URL/],
    [['--oidc-issuer', 'https://id.example', '--jwt-issuer', 'https://other.example'], /differs from --oidc-issuer/],
    [['--auth-webhook', 'https://user:secret@app.example'], /is no URL/],
    [['--jwt-keys', file, '--outbound-allow', '10.0.0.0/33'], /is no network/],
    [['--jwt-keys', file, '--outbound-ca', `${file}.missing`], /cannot be read/],
  ];
  for (const [args, reason] of cases) {
    const { status, stderr } = run(['serve', '--port', '0', '--data-dir', scratch_dir(t), ...args]);
    assert.equal(status, 2, stderr);
    assert.match(stderr, reason);
  }
});

// An application that judges tokens: `judge(question)` gives [status, body].
async function application(t, judge) {
  const asked = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (piece) => (text += piece)).on('end', async () => {
      const question = JSON.parse(text);
      asked.push({ ...question, authorization: request.headers.authorization });
      const [status, body] = await judge(question);
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  at_end(t, async () => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${server.address().port}/auth` };
}

test('the application judges tokens of its own', kTest, async (t) => {
  const app = await application(t, ({ token, object }) => {
    if (token === 'down') return [500, {}];
    if (token !== 'session-1') return [401, { reason: 'log in again' }];
    if (object === 'secret') return [403, { reason: 'not your document' }];
    return [200, { principal: 'u-1', name: 'Ann', groups: ['staff'], rights: object === 'frozen' ? 'read' : 'write' }];
  });
  const server = await Server.start(t, { args: ['--auth-webhook', app.url, ...kLocal], env: { SYNCLINE_AUTH_WEBHOOK_SECRET: 'between us', SYNCLINE_TOKEN: 'operator!' } });
  const token = 'session-1';
  const y = await y_client(t, server, 'w', 'o', { params: { token, ack: '1' } });
  y.text.insert(0, 'x');
  await until(() => y.saving.count > 0, 'it is saved');
  assert.deepEqual(app.asked, [{ token, workspace: 'w', object: 'o', authorization: 'Bearer between us' }]);
  assert.deepEqual(await principals(server, 'w', 'operator!'), ['u-1']);
  const frozen = await h_client(t, server, 'w', 'frozen', 4, { token });
  assert.deepEqual(frozen.events.scopes, ['readonly']);
  const secret = await h_client(t, server, 'w', 'secret', 4, { token, wait: false });
  await until(() => secret.events.denied.length > 0, 'it is denied');
  assert.match(secret.events.denied[0], /not your document/);
  const out = await h_client(t, server, 'w', 'o', 4, { token: 'other', wait: false });
  await until(() => out.events.denied.length > 0, 'it is denied');
  assert.match(out.events.denied[0], /log in again/);
  // A question that was answered is not asked again.
  const before = app.asked.length;
  await y_client(t, server, 'w', 'o', { params: { token } });
  assert.equal(app.asked.length, before);
  // A request of the HTTP API names its workspace.
  assert.equal((await server.get('/v1/workspaces/w/log', bearer(token))).status, 200);
  assert.deepEqual(app.asked.at(-1), { token, workspace: 'w', object: '', authorization: 'Bearer between us' });
  // Without an answer, nobody is let in.
  assert.equal(await status_of(server, 'down'), 503);
  assert.equal(await result_of(server, 'auth_webhook_total', 'failed', bearer('operator!')), 1);
  assert.ok(!server.stderr.includes('session-1') && !server.stderr.includes('between us'));
});

test('the application is asked before a large body is read', kTest, async (t) => {
  const app = await application(t, async ({ token }) => {
    await sleep(300);
    return token === 'good' ? [200, { principal: 'u-1', rights: 'admin' }] : [401, { reason: 'log in again' }];
  });
  const server = await Server.start(t, { args: ['--auth-webhook', app.url, ...kLocal] });
  const body = Buffer.alloc(500_000, 'x');
  const send = (token, path = '/v1/workspaces/big/import?offset=0') => fetch(server.url + path, { method: 'POST', headers: bearer(token), body });
  const taken = await send('good');
  assert.equal(taken.status, 400, 'the first request gets through, to what is no bundle');
  assert.match(await taken.text(), /bundle/);
  assert.deepEqual(app.asked.map(({ token, workspace }) => [token, workspace]), [['good', 'big']]);
  const refused = await send('bad').then(({ status }) => status, () => 'closed');
  assert.ok([401, 'closed'].includes(refused), String(refused));
  assert.equal((await send('good')).status, 400);
});

test('equal questions to the application share one request', kTest, async (t) => {
  const app = await application(t, async () => {
    await sleep(500);
    return [200, { principal: 'u', rights: 'read' }];
  });
  const server = await Server.start(t, { args: ['--auth-webhook', app.url, ...kLocal] });
  const answers = await Promise.all(Array.from({ length: 40 }, () => status_of(server, 'same')));
  assert.deepEqual(new Set(answers), new Set([200]));
  assert.equal(app.asked.length, 1);
});

test('an application that stalls delays only those who need it', kTest, async (t) => {
  const app = await application(t, () => new Promise(() => {}));
  const server = await Server.start(t, { args: ['--auth-webhook', app.url, ...kLocal], env: { SYNCLINE_TOKEN: 'operator!' } });
  const waits = status_of(server, 'unknown');
  assert.equal(await status_of(server, 'operator!'), 200);
  assert.equal(await waits, 503);
  // A stop does not wait for it.
  const more = status_of(server, 'another').catch(() => 'cut');
  await until(() => app.asked.length === 2, 'it is asked');
  const began = Date.now();
  await server.kill('SIGTERM');
  assert.ok(Date.now() - began < 8_000, `stopping took ${Date.now() - began} ms`);
  await more;
});

test('recipe 1 of docs/identity.md: an OIDC provider with JWKS', kTest, async (t) => {
  const page = readFileSync(join(repository, 'docs/identity.md'), 'utf8');
  const recipe = page.slice(page.indexOf('## Recipe 1'), page.indexOf('## Recipe 2'));
  const command = /```sh\n\s*(syncline serve[^`]*)```/.exec(recipe)[1].replaceAll('\\\n', ' ').trim().split(/\s+/);
  const provider = await IdentityProvider.start(t, { alg: 'RS256' });
  const args = command.slice(2).map((word) => word.replace('https://id.example', provider.issuer));
  assert.ok(args.includes(provider.issuer));
  const server = await Server.start(t, { args: [...args, ...kLocal] });
  const claims = JSON.parse(/```json\n([^`]*)```/.exec(recipe)[1]);
  const now = Math.floor(Date.now() / 1000);
  const token = await provider.sign({ ...claims, iss: provider.issuer, iat: now, exp: now + 300 });
  const h = await h_client(t, server, 'plans', 'notes/plan', 4, { token });
  assert.deepEqual(h.events.scopes, ['read-write']);
  h.text.insert(0, 'hello');
  await until(() => !h.provider.hasUnsyncedChanges, 'it is saved');
  assert.deepEqual(await principals(server, 'plans', token), [claims.sub]);
  assert.match(await message_of(server, await provider.sign({ ...claims, aud: 'another app' })), /another audience/);
});
