// Tokens that expire, are renewed and are revoked while published clients use them.

import assert from 'node:assert/strict';
import test from 'node:test';
import { h_client, h_socket, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { browser, open_window, serve_page } from './lib/browser.mjs';
import { Mint } from './lib/mint.mjs';
import { Server, run } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

async function start(t) {
  const mint = new Mint(t);
  const server = await Server.start(t, { args: mint.args, env: { SYNCLINE_TOKEN: 'operator' } });
  const ask = async (method, path, options = {}) => {
    const response = await fetch(`${server.url}/v1${path}`, { method, headers: { Authorization: 'Bearer operator', ...options.headers }, body: options.body });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return { mint, server, ask };
}

// What the log holds of a document, as somebody sees it who joins now.
async function stored(t, server, workspace, object) {
  const client = await y_client(t, server, workspace, object, { params: { token: 'operator' } });
  const text = client.text.toString();
  client.provider.destroy();
  return text;
}

for (const version of hocuspocus_versions) {
  test(`hocuspocus ${version}: a new token is taken without reconnecting`, kTest, async (t) => {
    const { mint, server } = await start(t);
    let asked = 0;
    let scope = 'write';
    let opened = 0;
    const socket = h_socket(t, server, 'w', version, { onOpen: () => (opened += 1) });
    const ann = await h_client(t, server, 'w', 'note', version, {
      socket, token: () => { asked += 1; return mint.token('ann', 5, { scope }); } });
    const ben = await y_client(t, server, 'w', 'note', { params: { token: 'operator' } });
    const before_all = opened;
    for (let i = 0; i < 3; ++i) {
      const before = asked;
      await until(() => asked > before, 'the server wants a token');
      ann.text.insert(0, `${i}`);
      await until(() => ann.provider.unsyncedChanges === 0, 'the edit is saved');
    }
    await until(() => ben.text.toString() === '210', 'others see the edits');
    assert.equal(opened, before_all);
    assert.deepEqual(ann.events.closed, []);
    assert.deepEqual(ann.events.denied, []);

    // Fewer rights hold at once, and the client is told.
    scope = 'read';
    await until(() => ann.provider.authorizedScope === 'readonly', 'the client may only read');
    ann.text.insert(0, 'refused');
    ben.text.insert(3, ' from ben');
    await until(() => ann.text.toString().includes('from ben'), 'it still sees what others do');
    assert.equal(ben.text.toString(), '210 from ben');
    assert.equal(opened, before_all);
  });

  test(`hocuspocus ${version}: edits that wait offline arrive after the new token`, kTest, async (t) => {
    const { mint, server } = await start(t);
    let token = mint.token('ann', 6);
    const expired = Date.now() + 6_000;
    const socket = h_socket(t, server, 'w', version);
    const ann = await h_client(t, server, 'w', 'note', version, { socket, token: () => token });
    ann.text.insert(0, 'online');
    await until(() => ann.provider.unsyncedChanges === 0, 'the edit is saved');
    socket.disconnect();
    ann.text.insert(6, ' and offline');
    await sleep(expired + 500 - Date.now());
    socket.connect();
    await until(() => ann.events.denied.length > 0, 'the old token is refused');
    assert.match(ann.events.denied[0], /expired/);
    assert.equal(await stored(t, server, 'w', 'note'), 'online');
    token = mint.token('ann', 60);
    await ann.provider.sendToken();
    ann.provider.forceSync();
    await until(async () => (await stored(t, server, 'w', 'note')) === 'online and offline', 'the edits arrive');
    await until(() => ann.provider.unsyncedChanges === 0, 'they are saved');
  });

  test(`hocuspocus ${version}: without a new token the document ends with a reason`, kTest, async (t) => {
    const { mint, server } = await start(t);
    const token = mint.token('ann', 6);
    const ann = await h_client(t, server, 'w', 'note', version, { token: () => token });
    await until(() => ann.events.closed.some(({ reason }) => /expired/.test(reason)) || ann.events.denied.some((reason) => /expired/.test(reason)), 'it is told why');
    ann.text.insert(0, 'late');
    await sleep(300);
    assert.equal(await stored(t, server, 'w', 'note'), '');
  });
}

for (const version of y_versions) {
  test(`y-websocket ${version}: edits that wait offline arrive after the new token`, kTest, async (t) => {
    const { mint, server } = await start(t);
    const old = mint.token('ann', 6);
    const expired = Date.now() + 6_000;
    const ann = await y_client(t, server, 'w', 'note', { version, params: { token: old, ack: '1' } });
    const closed = [];
    ann.provider.on('connection-close', (event) => event && closed.push(event.code));
    ann.text.insert(0, 'online');
    await until(() => ann.saving.count > 0, 'the edit is saved');
    ann.provider.disconnect();
    ann.text.insert(6, ' and offline');
    await sleep(expired + 500 - Date.now());
    ann.provider.connect();
    await until(() => closed.includes(4401), 'the old token is refused');
    assert.equal(await stored(t, server, 'w', 'note'), 'online');
    ann.provider.disconnect();
    // Applications make a new provider, or change the parameters of this one.
    const again = await y_client(t, server, 'w', 'note', { version, doc: ann.doc, params: { token: mint.token('ann', 60) } });
    await until(async () => (await stored(t, server, 'w', 'note')) === 'online and offline', 'the edits arrive');
    again.provider.disconnect();
  });
}

test('y-websocket 3 is closed with 4401 when its token expires, and stops', kTest, async (t) => {
  const { mint, server } = await start(t);
  const ann = await y_client(t, server, 'w', 'note', { params: { token: mint.token('ann', 6) } });
  const closed = [];
  ann.provider.on('connection-close', (event) => event && closed.push(`${event.code} ${event.reason}`));
  await until(() => closed.length > 0, 'the connection ends');
  await sleep(1_000);
  assert.deepEqual(closed, ['4401 the token has expired']);
});

test('a revoked session is silent within a second, on all protocols', kTest, async (t) => {
  const { mint, server, ask } = await start(t);
  const token = mint.token('ann', 600);
  const y = await y_client(t, server, 'w', 'note', { params: { token } });
  const h = await h_client(t, server, 'other', 'note', 4, { token });
  const own = { y: await y_client(t, server, 'w', 'note', { params: { token: mint.token('ann', 600) } }) };
  const ben = { y: await y_client(t, server, 'w', 'note', { params: { token: 'operator' } }), h: await h_client(t, server, 'other', 'note', 4, { token: 'operator' }) };

  const { body: { sessions } } = await ask('GET', '/sessions?principal=ann&workspace=w');
  assert.equal(sessions.length, 2);
  const session = sessions[0];
  assert.equal(session.protocol, 'y-websocket');
  assert.equal(session.documents[0].name, 'ann');
  assert.equal(session.documents[0].token.kind, 'jwt');

  const jti = JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).jti;
  const began = Date.now();
  const mine = sessions.find(({ documents }) => documents[0].token.id === jti);
  assert.equal((await ask('POST', `/sessions/${mine.session}/revoke`)).status, 204);
  assert.ok(Date.now() - began < 1_000, 'the answer comes within a second');
  ben.y.text.insert(0, 'after');
  ben.h.text.insert(0, 'after');
  y.text.insert(0, 'mine');
  h.text.insert(0, 'mine');
  await until(() => own.y.text.toString() === 'after', 'another token of ann sees it');
  await sleep(500);
  assert.equal(y.text.toString(), 'mine');
  assert.equal(h.text.toString(), 'mine');
  assert.equal(await stored(t, server, 'w', 'note'), 'after');
  assert.equal(await stored(t, server, 'other', 'note'), 'after');
  await until(() => h.events.closed.some(({ reason }) => /revoked/.test(reason)), 'hocuspocus is told');

  // It is not let in again, also not after a restart.
  const refused = async () => {
    const late = await h_client(t, server, 'other', 'note', 4, { token, wait: false });
    await until(() => late.events.denied.length > 0, 'it is denied');
    assert.match(late.events.denied[0], /revoked/);
    late.provider.destroy();
    const response = await fetch(`${server.url}/v1/workspaces`, { headers: { Authorization: `Bearer ${token}` } });
    assert.equal(response.status, 401);
  };
  await refused();
  await server.kill();
  await server.launch();
  await refused();
});

test('a principal is revoked, and comes back with a token that is issued later', kTest, async (t) => {
  const { mint, server, ask } = await start(t);
  const token = mint.token('ann', 600);
  const ann = await h_client(t, server, 'w', 'note', 4, { token });
  assert.equal((await ask('POST', '/revocations?principal=ann')).status, 204);
  await until(() => ann.events.closed.length > 0, 'the session ends');
  await sleep(1_100);
  const again = await h_client(t, server, 'w', 'note', 4, { token: mint.token('ann', 600) });
  again.text.insert(0, 'back');
  await until(() => again.provider.unsyncedChanges === 0, 'the edit is saved');
});

test('the command line lists, closes and revokes', kTest, async (t) => {
  const { mint, server } = await start(t);
  const source = ['--server', server.url];
  const env = { SYNCLINE_TOKEN: 'operator' };
  const ann = await y_client(t, server, 'w', 'notes/plan', { params: { token: mint.token('ann', 600) } });
  const listed = run(['sessions', 'list', '--json', ...source], { env });
  assert.equal(listed.status, 0, listed.stderr);
  const session = JSON.parse(listed.stdout.trim());
  assert.equal(session.documents[0].object, 'notes/plan');
  const table = run(['sessions', 'list', '--workspace', 'w', ...source], { env });
  assert.match(table.stdout, /^SESSION +WHO +PROTOCOL/);
  assert.match(table.stdout, /ann +y-websocket +w +notes\/plan/);
  const codes = [];
  ann.provider.on('connection-close', (event) => event && codes.push(event.code));
  assert.equal((run(['sessions', 'kick', session.session, ...source], { env })).status, 0);
  await until(() => codes.includes(4503), 'it is closed');
  await until(() => ann.provider.wsconnected && ann.provider.synced, 'it comes back');
  assert.equal((run(['sessions', 'revoke', '--principal', 'ann', ...source], { env })).status, 0);
  await until(() => codes.includes(4401), 'it is refused');
  assert.equal((run(['sessions', 'revoke', ...source], { env })).status, 2);
  const revoked = run(['sessions', 'revocations', ...source], { env }).stdout;
  assert.match(revoked, /principal +ann/);
  const id = revoked.trim().split(/\s+/).at(-1);
  assert.match(run(['sessions', 'allow', id, ...source], { env }).stdout, /no longer revoked/);
  assert.equal(run(['sessions', 'revocations', ...source], { env }).stdout, '');
  assert.equal(run(['sessions', 'allow', id, ...source], { env }).status, 1);
  ann.provider.connect();
  await until(() => ann.provider.wsconnected && ann.provider.synced, 'the same token is good again');
  ann.provider.disconnect();
  const empty = run(['sessions', 'list', '--json', ...source], { env });
  assert.equal(empty.stdout, '');
});

test('a Security Event Token ends the sessions of its subject', kTest, async (t) => {
  const { mint, server, ask } = await start(t);
  const ann = await h_client(t, server, 'w', 'note', 4, { token: mint.token('ann', 600) });
  const ben = await h_client(t, server, 'w', 'note', 4, { token: mint.token('ben', 600) });
  await sleep(1_100);  // tokens say in whole seconds when they were issued
  const now = Math.floor(Date.now() / 1000);
  const event = (header, jti) => mint.sign({
    iss: 'https://idp.example', jti, iat: now, sub_id: { format: 'iss_sub', iss: 'https://idp.example', sub: 'ann' },
    events: { 'https://schemas.openid.net/secevent/caep/event-type/session-revoked': { event_timestamp: now } } }, header);
  const push = (body) => ask('POST', '/security-events', { body, headers: { 'Content-Type': 'application/secevent+jwt' } });
  const wrong = await push(event({}, 'j1'));
  assert.equal(wrong.status, 400);
  assert.equal(wrong.body.err, 'invalid_request');
  const began = Date.now();
  assert.equal((await push(event({ typ: 'secevent+jwt' }, 'j1'))).status, 202);
  await until(() => ann.events.closed.some(({ reason }) => /revoked/.test(reason)), 'the session ends');
  assert.ok(Date.now() - began < 1_000);
  assert.deepEqual(ben.events.closed, []);
});

test('what a token says has changed: clients bring a new one, and nothing is revoked', kTest, async (t) => {
  const { mint, server, ask } = await start(t);
  let asked = 0;
  const token = () => mint.token('ann', 600, { jti: `t-${++asked}` });
  let opened = 0;
  const socket = h_socket(t, server, 'w', 4, { onOpen: () => (opened += 1) });
  const h = await h_client(t, server, 'w', 'note', 4, { socket, token });
  const y = await y_client(t, server, 'w', 'note', { params: { token: mint.token('ann', 600) } });
  const codes = [];
  y.provider.on('connection-close', (event) => event && codes.push(event.code));
  const connections = opened;
  const before = asked;
  await sleep(1_100);
  const now = Math.floor(Date.now() / 1000);
  const body = mint.sign({
    iss: 'https://idp.example', jti: 'j1', iat: now, sub_id: { format: 'opaque', id: 'ann' },
    events: { 'https://schemas.openid.net/secevent/caep/event-type/token-claims-change': { event_timestamp: now, claims: { role: 'x' } } } }, { typ: 'secevent+jwt' });
  assert.equal((await ask('POST', '/security-events', { body, headers: { 'Content-Type': 'application/secevent+jwt' } })).status, 202);
  await until(() => asked === before + 1, 'the Hocuspocus provider is asked');
  await until(() => codes.includes(4503), 'the y-websocket client is closed');
  await until(() => y.provider.wsconnected && y.provider.synced, 'and comes back');
  assert.deepEqual(h.events.closed, []);
  assert.equal(opened, connections);
  assert.deepEqual((await ask('GET', '/revocations')).body.revocations, []);
});

test('in a browser', { timeout: 270_000 }, async (t) => {
  const { mint, server, ask } = await start(t);
  const chrome = await browser(t);
  const page_url = await serve_page(t, 'tokens');
  const open = async (kind, name, token) => {
    const page = await open_window(chrome, page_url);
    const url = kind === 'hocuspocus' ? server.hocuspocus('w') : server.y('w');
    await page.evaluate(([...args]) => window.open_document(...args), [kind, url, name, token]);
    await until(() => page.evaluate(() => window.is_synced()), 'the page has synced');
    return page;
  };
  const seen = (page) => page.evaluate(() => window.seen);

  await t.test('hocuspocus renews its token without reconnecting', kTest, async () => {
    const page = await open('hocuspocus', 'renewed', mint.token('ann', 8));
    const before = (await seen(page)).opened;
    await page.evaluate((token) => window.give_token(token), mint.token('ann', 60));
    await until(async () => (await seen(page)).asked >= 2, 'the server wants a token');
    await sleep(2_000);
    await page.evaluate(() => window.type('still here'));
    await until(async () => (await stored(t, server, 'w', 'renewed')) === 'still here', 'the edit arrives');
    const { opened, closed, denied } = await seen(page);
    assert.deepEqual({ opened, closed, denied }, { opened: before, closed: [], denied: [] });
    await page.context().close();
  });

  for (const kind of ['hocuspocus', 'y-websocket']) {
    await t.test(`${kind}: a revoked session is silent within a second`, kTest, async () => {
      const name = `revoked-${kind}`;
      const page = await open(kind, name, mint.token(kind, 600));
      const ben = await y_client(t, server, 'w', name, { params: { token: 'operator' } });
      const { body: { sessions } } = await ask('GET', `/sessions?object=${name}&principal=${kind}`);
      const began = Date.now();
      assert.equal((await ask('POST', `/sessions/${sessions[0].session}/revoke`)).status, 204);
      assert.ok(Date.now() - began < 1_000);
      ben.text.insert(0, 'after');
      await until(async () => (await seen(page)).closed.some((reason) => /revoked/.test(reason)), 'it is told');
      await sleep(500);
      assert.equal(await page.evaluate(() => window.shown()), '');
      await page.context().close();
    });

    await t.test(`${kind}: edits that wait offline arrive after the new token`, kTest, async () => {
      const name = `offline-${kind}`;
      const page = await open(kind, name, mint.token('ann', 8));
      await page.evaluate(() => window.leave());
      await page.evaluate(() => window.type('offline'));
      await sleep(8_500);
      await page.evaluate((token) => window.give_token(token), mint.token('ann', 60));
      await page.evaluate(() => window.come_back());
      await until(async () => (await stored(t, server, 'w', name)) === 'offline', 'the edits arrive');
      await page.context().close();
    });
  }
});
