// Policies and shares that are given and taken while published clients edit.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import * as decoding from 'lib0/decoding';
import { browser, open_window, serve_page } from './lib/browser.mjs';
import { h_client, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { Mint } from './lib/mint.mjs';
import { Server, run, scratch_dir } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kEverything = 'permit (principal, action, resource);';

async function start(t, args = []) {
  const mint = new Mint(t);
  const server = await Server.start(t, { args: [...mint.args, ...args], env: { SYNCLINE_TOKEN: 'operator' } });
  const ask = async (method, path, body, token = 'operator') => {
    const response = await fetch(`${server.url}/v1/workspaces/w${path}`, { method, headers: { Authorization: `Bearer ${token}` }, body });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  const share = async (to, role, resource = 'note') =>
    assert.equal((await ask('PUT', `/shares?resource=${encodeURIComponent(resource)}&to=${encodeURIComponent(to)}&role=${role}`)).status, 200);
  const unshare = async (to, resource = 'note') =>
    assert.equal((await ask('DELETE', `/shares?resource=${encodeURIComponent(resource)}&to=${encodeURIComponent(to)}`)).status, 204);
  const set = async (name, text) => assert.equal((await ask('PUT', `/policies/${name}`, text)).status, 200);
  // Before there is a workspace, nothing can be shared in it.
  const first = await y_client(t, server, 'w', 'note', { params: { token: 'operator', ack: '1' } });
  first.text.insert(0, '.');
  await until(() => first.saving.count > 0, 'the first edit is saved');
  return { mint, server, ask, share, unshare, set, first };
}

// What the log holds of the document: the operator is let in by a share.
const stored = async (ask) => (await ask('GET', '/objects/note')).body.state.content;

for (const version of hocuspocus_versions) {
  test(`hocuspocus ${version}: a writer becomes a reader in the middle of a sentence, and a writer again`, kTest, async (t) => {
    const { mint, server, ask, share } = await start(t);
    await share('principal:token', 'owner', '');
    await share('principal:ann', 'editor');
    const { body: me } = await ask('GET', '/objects/note');
    assert.ok(me);
    const ann = await h_client(t, server, 'w', 'note', version, { token: mint.token('ann', 600) });
    await until(() => ann.provider.authorizedScope !== 'readonly', 'ann may write');
    ann.text.insert(1, 'half a ');
    await until(() => ann.provider.unsyncedChanges === 0, 'the edit is saved');
    await share('principal:ann', 'viewer');
    await until(() => ann.provider.authorizedScope === 'readonly', 'the client is told');
    ann.text.insert(8, 'sentence');
    await sleep(300);
    assert.equal(await stored(ask), '.half a ');
    assert.deepEqual(ann.events.closed, []);
    await share('principal:ann', 'editor');
    await until(() => ann.provider.authorizedScope !== 'readonly', 'the client is told again');
    // Whoever may write on, and less, is told so, too; the provider hands that to the application.
    const told = [];
    ann.provider.on('stateless', ({ payload }) => told.push(payload));
    await share('principal:ann', 'annotator');
    await until(() => told.length > 0, 'the client is told that it may write less');
    assert.deepEqual(told, ['{"syncline":"rights","write":"in part"}']);
    assert.deepEqual([ann.provider.authorizedScope, ann.events.closed], ['read-write', []]);
    let again = 0;
    ann.provider.on('authenticated', () => ++again);
    await share('principal:ann', 'editor');
    await until(() => again > 0, 'all of it again');
    ann.provider.forceSync();
    await until(async () => (await stored(ask)) === '.half a sentence', 'what was kept arrives');
  });

  test(`hocuspocus ${version}: a reader who may not read any more is closed with the reason`, kTest, async (t) => {
    const { mint, server, ask, share, unshare, first } = await start(t);
    await share('principal:token', 'owner', '');
    await share('principal:ann', 'viewer');
    const ann = await h_client(t, server, 'w', 'note', version, { token: mint.token('ann', 600) });
    assert.equal(ann.text.toString(), '.');
    await unshare('principal:ann');
    first.text.insert(1, 'secret');
    await until(() => ann.events.closed.some(({ reason }) => /policy of this workspace does not allow: read/.test(reason)), 'ann is told');
    await until(async () => (await stored(ask)) === '.secret', 'others write');
    await sleep(300);
    assert.equal(ann.text.toString(), '.');
  });
}

for (const version of y_versions) {
  test(`y-websocket ${version}: a writer becomes a reader, comes back and reads`, kTest, async (t) => {
    const { mint, server, ask, share, first } = await start(t);
    await share('principal:token', 'owner', '');
    await share('principal:ann', 'editor');
    const ann = await y_client(t, server, 'w', 'note', { version, params: { token: mint.token('ann', 600), ack: '1' } });
    const closed = [];
    ann.provider.on('connection-close', (event) => event && closed.push(`${event.code} ${event.reason}`));
    ann.text.insert(1, 'a');
    await until(() => ann.saving.count > 0, 'the edit is saved');
    await share('principal:ann', 'viewer');
    await until(() => closed.includes('4503 you may only read this document now; connect again'), 'the connection ends with a reason');
    await until(() => ann.provider.synced, 'the provider is back');
    first.text.insert(0, 'b');
    await until(() => ann.text.toString() === 'b.a', 'ann still reads');
    ann.text.insert(3, ' refused');
    await sleep(300);
    assert.equal(await stored(ask), 'b.a');
    ann.provider.disconnect();
  });
}

for (const version of y_versions) {
  test(`y-websocket ${version}: with a read-only ticket it reads, and its console says what was refused`, kTest, async (t) => {
    const { server, first, ask } = await start(t);
    const minted = await fetch(`${server.url}/v1/tickets`, {
      method: 'POST', headers: { Authorization: 'Bearer operator' }, body: JSON.stringify({ workspace: 'w', object: 'note', principal: 'ann' }) });
    const { ticket } = await minted.json();
    const warned = t.mock.method(console, 'warn', () => {});
    const ann = await y_client(t, server, 'w', 'note', { version, params: { token: ticket } });
    const closed = [];
    ann.provider.on('connection-close', (event) => event && closed.push(event.code));
    assert.equal(ann.text.toString(), '.');
    assert.equal(warned.mock.callCount(), 0, 'to read is not refused');
    ann.text.insert(1, 'not allowed');
    await until(() => warned.mock.callCount() > 0, 'the client says so');
    assert.match(String(warned.mock.calls[0].arguments[0]), /^Permission denied to access ws:.*\nthis token may read only$/);
    first.text.insert(0, 'a');
    await until(() => ann.text.toString().startsWith('a.'), 'it still reads');
    assert.equal(await stored(ask), 'a.');
    assert.deepEqual(closed, [], 'the connection stays');
  });

  test(`y-websocket ${version}: a reader is given the right, and writes at once`, kTest, async (t) => {
    const { mint, server, ask, share } = await start(t);
    await share('principal:token', 'owner', '');
    await share('principal:ann', 'viewer');
    const ann = await y_client(t, server, 'w', 'note', { version, params: { token: mint.token('ann', 600), ack: '1' } });
    const closed = [];
    ann.provider.on('connection-close', (event) => event && closed.push(event.code));
    await share('principal:ann', 'editor');
    ann.text.insert(1, 'a');
    await until(async () => (await stored(ask)) === '.a', 'it is written');
    assert.deepEqual(closed, []);
  });
}

// The published providers on a page, as applications have them.
async function on_page(t, kind, server, token) {
  const page = await open_window(await browser(t), await serve_page(t, 'tokens'));
  page.warned = [];
  page.on('console', (message) => message.type() === 'warning' && page.warned.push(message.text()));
  const url = kind === 'hocuspocus' ? server.hocuspocus('w') : server.y('w');
  await page.evaluate(([kind, url, token]) => window.open_document(kind, url, 'note', token), [kind, url, token]);
  await until(() => page.evaluate(() => window.is_synced()), 'the page has synced');
  return page;
}
const type_on = (page, what) => page.evaluate((what) => window.type(what), what);
const seen_on = (page) => page.evaluate(() => window.seen);

test('y-websocket in Chromium: a writer becomes a reader in the middle of a sentence', kTest, async (t) => {
  const { mint, server, ask, share, first } = await start(t);
  await share('principal:token', 'owner', '');
  await share('principal:ann', 'editor');
  const page = await on_page(t, 'y', server, mint.token('ann', 600));
  await type_on(page, 'half a ');
  await until(async () => (await stored(ask)) === '.half a ', 'the edit is saved');
  await share('principal:ann', 'viewer');
  await until(async () => (await seen_on(page)).opened === 2, 'the provider is back');
  assert.deepEqual((await seen_on(page)).closed, ['4503 you may only read this document now; connect again']);
  await type_on(page, 'sentence');
  await until(() => page.warned.length > 0, 'the console says that it was refused');
  assert.match(page.warned[0], /^Permission denied to access .*\nthe policy of this workspace does not allow: insert at \/content\/\*$/s);
  first.text.insert(0, 'b');
  await until(async () => (await page.evaluate(() => window.shown())).startsWith('b.half a '), 'it reads on');
  assert.equal(await stored(ask), 'b.half a ');
  await share('principal:ann', 'editor');
  await page.evaluate(() => { window.leave(); window.come_back(); });
  await until(async () => (await stored(ask)) === 'b.half a sentence', 'what was kept arrives with the next connection');
  assert.deepEqual(page.problems, []);
});

test('Hocuspocus in Chromium: a writer becomes a reader in the middle of a sentence', kTest, async (t) => {
  const { mint, server, ask, share, unshare, first } = await start(t);
  await share('principal:token', 'owner', '');
  await share('principal:ann', 'editor');
  const page = await on_page(t, 'hocuspocus', server, mint.token('ann', 600));
  await type_on(page, 'half a ');
  await until(() => page.evaluate(() => window.unsaved() === 0), 'the edit is saved');
  await share('principal:ann', 'viewer');
  await until(async () => (await seen_on(page)).scopes.at(-1) === 'readonly', 'the provider is told');
  await type_on(page, 'sentence');
  await sleep(200);
  assert.equal(await page.evaluate(() => window.unsaved()), 1, 'the provider knows that the edit is not saved');
  assert.equal(await stored(ask), '.half a ');
  await share('principal:ann', 'editor');
  await until(async () => (await seen_on(page)).scopes.at(-1) === 'read-write', 'the provider is told again');
  await page.evaluate(() => window.leave());
  await until(() => page.evaluate(() => !window.is_synced()), 'the connection is closed');
  await page.evaluate(() => window.come_back());
  await until(async () => (await stored(ask)) === '.half a sentence', 'what was kept arrives with the next connection');
  await unshare('principal:ann');
  await until(async () => (await seen_on(page)).denied.length + (await seen_on(page)).closed.length > 0, 'the document is closed');
  first.text.insert(0, 'unseen');
  await sleep(200);
  assert.ok(!(await page.evaluate(() => window.shown())).includes('unseen'));
  assert.deepEqual(page.problems, []);
});

test('y-websocket 3 is closed for good when it may not read any more', kTest, async (t) => {
  const { mint, server, share, unshare } = await start(t);
  await share('principal:token', 'owner', '');
  await share('principal:ann', 'viewer');
  const ann = await y_client(t, server, 'w', 'note', { params: { token: mint.token('ann', 600) } });
  const closed = [];
  ann.provider.on('connection-close', (event) => event && closed.push(event.code));
  await unshare('principal:ann');
  await until(() => closed.length > 0, 'the connection ends');
  await sleep(1_000);
  assert.deepEqual(closed, [4403]);
});

test('only those who may write below a path, also by undoing and overwriting', kTest, async (t) => {
  const { mint, server, ask, set } = await start(t);
  await set('all', kEverything);
  await set('budget', 'forbid (principal, action in Action::"write", resource in Path::"/budget") unless { principal == Principal::"fin" };');
  const fin = await y_client(t, server, 'w', 'plan', { params: { token: mint.token('fin', 600), ack: '1' } });
  fin.doc.getMap('budget').set('travel', 100);
  fin.doc.getMap('plan').set('title', 'Launch');
  await until(() => fin.saving.count >= 2, 'the edits are saved');
  const ann = await h_client(t, server, 'w', 'plan', 4, { token: mint.token('ann', 600) });
  ann.doc.getMap('plan').set('title', 'Start');
  await until(async () => (await ask('GET', '/objects/plan')).body.state.plan.title === 'Start', 'ann writes elsewhere');
  ann.doc.getMap('budget').set('travel', 9);
  await sleep(300);
  assert.deepEqual((await ask('GET', '/objects/plan')).body.state, { budget: { travel: 100 }, plan: { title: 'Start' } });
  assert.equal(ann.provider.unsyncedChanges > 0, true, 'the edit is not saved, and the provider knows');
  // A fresh load is in step again.
  const again = await h_client(t, server, 'w', 'plan', 4, { token: mint.token('ann', 600) });
  assert.equal(again.doc.getMap('budget').get('travel'), 100);
  again.doc.getMap('budget').delete('travel');
  await sleep(300);
  assert.equal((await ask('GET', '/objects/plan')).body.state.budget.travel, 100);
  // And the history says who set the rules.
  const { body: changes } = await ask('GET', '/changes/.%2Fpolicy');
  assert.deepEqual(changes.changes.map(({ principal }) => principal), ['token', 'token']);
});

test('a rule for a whole tenant holds in every workspace, for those who are there, and after a restart', kTest, async (t) => {
  const { mint, server, first } = await start(t);
  const tenant = async (method, name, body, token = 'operator') =>
    (await fetch(`${server.url}/v1/workspaces/.system/policies${name}`, { method, headers: { Authorization: `Bearer ${token}` }, body })).status;
  const ann_in = (workspace) => y_client(t, server, workspace, 'note', { params: { token: mint.token('ann', 600), ack: '1' } });
  assert.equal(await tenant('PUT', '/all', kEverything), 200);
  assert.equal(await tenant('PUT', '/mine', kEverything, mint.token('ann', 600)), 403, 'administrators alone');
  assert.equal(await tenant('GET', '', undefined, mint.token('ann', 600)), 403);
  const names = ['w', 'x', 'y', 'z'];  // on several loops
  const clients = await Promise.all(names.map(ann_in));
  const closed = names.map(() => []);
  clients.forEach((client, i) => client.provider.on('connection-close', (event) => event && closed[i].push(event.code)));
  for (const client of clients) client.text.insert(0, 'a');
  const log_of = async (workspace) =>
    (await fetch(`${server.url}/v1/workspaces/${workspace}/log`, { headers: { Authorization: 'Bearer operator' } })).text();
  for (const name of names)
    await until(async () => /"principal":"ann".*"tenant_policy_at":1/.test(await log_of(name)), 'the log says what judged the edit');
  // From the moment of the answer on.
  assert.equal(await tenant('PUT', '/not-ann', 'forbid (principal == Principal::"ann", action, resource);'), 200);
  first.text.insert(0, 'secret');
  await until(() => closed.every((codes) => codes.includes(4403)), 'ann is sent away everywhere');
  assert.ok(clients.every(({ text }) => !text.toString().includes('secret')));
  const refused = async (workspace) =>
    (await fetch(`${server.url}/v1/workspaces/${workspace}/objects/note`, { headers: { Authorization: `Bearer ${mint.token('ann', 600)}` } })).status;
  for (const name of names) assert.equal(await refused(name), 403);
  await server.kill();
  await server.launch();
  for (const name of names) assert.equal(await refused(name), 403);
  const late = await y_client(t, server, 'x', 'note', { wait: false, params: { token: mint.token('ann', 600) } });
  const codes = [];
  late.provider.on('connection-close', (event) => event && codes.push(event.code));
  await until(() => codes.includes(4403), 'ann is refused');
  // And the history of the tenant says who set the rules.
  const { stdout } = run(['log', 'tail', '.system', '--server', server.url], { env: { SYNCLINE_TOKEN: 'operator' } });
  assert.match(stdout, /token +\.\/policy .*set policies\.not-ann/);
  assert.equal(await tenant('DELETE', '/not-ann'), 204);
  assert.equal(await refused('x'), 200);
});

test('the commands give, show and take', kTest, async (t) => {
  const { server, ask } = await start(t);
  const env = { SYNCLINE_TOKEN: 'operator' };
  const to = ['--server', server.url];
  const done = (args, input) => {
    const { status, stdout, stderr } = run(args, { env, input });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  assert.equal(done(['share', 'give', 'w/note', '--to', 'principal:ann', '--role', 'editor', ...to]), 'principal:ann is editor of w/note\n');
  assert.match(done(['share', 'list', 'w', ...to]), /^ROLE +TO +OF +GIVEN +BY\neditor +principal:ann +note +\S+ +token\n$/);
  assert.equal(done(['policy', 'set', 'w', 'all', '-', ...to], kEverything), 'policy all is set\n');
  assert.match(done(['policy', 'list', 'w', ...to]), /^NAME +SET +BY\nall +\S+ +token\n$/);
  assert.equal(done(['policy', 'show', 'w', 'all', ...to]), kEverything);
  done(['policy', 'remove', 'w', 'all', ...to]);
  done(['share', 'take', 'w/note', '--to', 'principal:ann', ...to]);
  assert.equal(done(['share', 'list', 'w', ...to]), '');
  assert.deepEqual((await ask('GET', '/policies')).body, { policies: [] });
  const wrong = run(['policy', 'set', 'w', 'bad', '-', ...to], { env, input: 'permit (principal' });
  assert.equal(wrong.status, 1);
  assert.match(wrong.stderr, /policy bad: line 1, column \d+/);
});

test('other policies are tried on what has happened, and a report says who could reach a document', kTest, async (t) => {
  const { mint, server, ask, share, unshare, set } = await start(t);
  const env = { SYNCLINE_TOKEN: 'operator' };
  const done = (args, code = 0) => {
    const { status, stdout, stderr } = run(args, { env });
    assert.equal(status, code, stderr + stdout);
    return stdout;
  };
  const folder = scratch_dir(t, 'policies');
  const file = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const edit = async (who, root, groups = []) => {
    const client = await y_client(t, server, 'w', 'plan', { params: { token: mint.token(who, 600, { groups }), ack: '1' } });
    client.doc.getMap(root).set('travel', 1);
    await until(() => client.saving.count > 0, 'the edit is saved');
    client.provider.disconnect();
  };
  await edit('fin', 'budget', ['finance']);
  await set('all', kEverything);
  await edit('ann', 'plan');
  await edit('fin', 'budget', ['finance']);
  await edit('ann', 'budget');
  // Whom rules have judged is in the log, with what the token said. Administrators alone see that.
  const log = await fetch(`${server.url}/v1/workspaces/w/log`, { headers: { Authorization: 'Bearer operator' } });
  const events = (await log.text()).trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(events.map((event) => event.session_at ?? 0), [0, 0, 0, 0, 4, 0, 6, 0, 8]);
  assert.equal(events[5].kind, 'session');
  assert.deepEqual(events[5].session.groups, ['finance']);
  assert.equal(events[5].session.address, '127.0.0.1');
  const seen = await fetch(`${server.url}/v1/workspaces/w/log`, { headers: { Authorization: `Bearer ${mint.token('ann', 600)}` } });
  assert.ok(!(await seen.text()).includes('127.0.0.1'));
  // Of the edits, one would be refused. Of the first, nobody can say, unless it is known who is in finance.
  const budget = file('budget.cedar', kEverything + 'forbid (principal, action in Action::"write", resource in Path::"/budget") unless { principal in Group::"finance" };');
  const people = file('people.json', JSON.stringify({ fin: { groups: ['finance'] } }));
  const simulate = ['policy', 'simulate', 'w', '--policy', budget, '--from', '1'];
  const told = done([...simulate, '--people', people, '--server', server.url]);
  assert.match(told, /^POSITION +TIME +PRINCIPAL +OBJECT +ACTION +THEN +BY +NOW +BECAUSE\n +9 +\S+ +ann +plan +set \/budget\/travel +allowed +policy all +refused +policy budget, 2\n5 events judged: 1 would be refused, 0 unclear\n$/);
  assert.match(done([...simulate, '--server', server.url]), /it depends on the groups or the rights of fin\n.*\n5 events judged: 1 would be refused, 1 unclear\n$/s);
  assert.equal(done([...simulate, '--people', people, '--data-dir', server.dir]), told, 'the same without the server');
  assert.equal(JSON.parse(done([...simulate, '--people', people, '--json', '--server', server.url])).position, 9);
  assert.match(done(['policy', 'simulate', 'w', '--policy', budget, '--for-tenant', '--people', people, '--from', '1', '--server', server.url]),
    /refused +policy of the tenant budget, 2\n5 events judged: 1 would be refused/);
  assert.match(run(['policy', 'simulate', 'w', '--policy', file('bad.cedar', 'permit ('), '--server', server.url], { env }).stderr, /policy bad: line 1, column/);

  await share('principal:eve', 'viewer', 'plan');
  await unshare('principal:eve', 'plan');
  const report = done(['access', 'report', 'w/plan', '--server', server.url]);
  assert.match(report, /^WHO +COULD +FROM +TO +BY\n/);
  assert.match(report, /\nprincipal:eve +read, history, +/);
  assert.match(report, /\nprincipal:eve +.* 11 +12 +policy all; share: token gave role viewer on plan to principal:eve/);
  assert.match(report, /\n\nPRINCIPAL +CHANGES +FIRST +LAST\nann +2 +5 \(\S+\) +9 \(\S+\)\nfin +2 +2 \(\S+\) +7 /);
  assert.equal(done(['access', 'report', 'w/plan', '--data-dir', server.dir]), report);
  assert.equal(JSON.parse(done(['access', 'report', 'w/plan', '--json', '--server', server.url])).did.length, 2);

  // The owner of the document alone sees its shares, and who has them; and a share is explained.
  await share('principal:ann', 'owner', 'plan');
  await ask('DELETE', '/policies/all');
  const token = mint.token('ann', 600);
  const as_ann = (args) => run([...args, '--server', server.url], { env: { SYNCLINE_TOKEN: token } });
  assert.match(as_ann(['share', 'list', 'w/plan']).stdout, /\nowner +principal:ann +plan /);
  assert.equal(as_ann(['share', 'list', 'w']).status, 1);
  assert.equal(as_ann(['access', 'report', 'w/plan']).status, 0);
  assert.equal(as_ann(['access', 'report', 'w/note']).status, 1);
  assert.equal(done(['policy', 'explain', '--workspace', 'w', '--principal', 'ann', '--action', 'set', '--object', 'plan', '--path', '/x', '--server', server.url]),
    'allowed\n  by share: token gave role owner on plan to principal:ann\n');
  // The policies of the tenant are one set with them, and are named. Whoever may not see them is told that they are missing.
  const tenant = (name, text) => fetch(`${server.url}/v1/workspaces/.system/policies/${name}`, { method: 'PUT', headers: { Authorization: 'Bearer operator' }, body: text });
  assert.equal((await tenant('frozen', 'forbid (principal, action in Action::"write", resource);')).status, 200);
  const explain = ['policy', 'explain', '--workspace', 'w', '--principal', 'ann', '--action', 'set', '--object', 'plan', '--path', '/x'];
  assert.equal(done([...explain, '--server', server.url], 1), 'denied\n  by policy of the tenant frozen\n');
  await share('principal:ann', 'owner', '');
  const partly = as_ann(explain);
  assert.match(partly.stderr, /without the policies of the tenant: /);
  assert.match(partly.stdout, /^allowed\n/, 'that is why it is said');
});

test('what was refused, and other policies would allow, is told to whoever may read the audit log', kTest, async (t) => {
  const { mint, server, set } = await start(t, ['--audit']);
  const kBudget = 'forbid (principal, action in Action::"write", resource in Path::"/budget");';
  await set('all', kEverything);
  await set('budget', kBudget);
  const ann = await y_client(t, server, 'w', 'plan', { params: { token: mint.token('ann', 600), status: '1' } });
  const refusals = [];
  ann.provider.messageHandlers[101] = (_reply, decoder) => refusals.push([decoding.readVarUint(decoder), decoding.readVarString(decoder)]);
  ann.doc.getMap('budget').set('travel', 1);
  await until(() => refusals.some(([kind]) => kind === 3), 'the edit is refused');
  const simulate = async (token, policies, query = '') => {
    const response = await fetch(`${server.url}/v1/workspaces/w/simulation${query}`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify({ policies }) });
    assert.equal(response.status, 200);
    return response.json();
  };
  // It is written a moment later.
  await until(async () => (await simulate('operator', { all: kEverything })).refusals.length === 1, 'the audit log has the refusal');
  const told = await simulate('operator', { all: kEverything });
  assert.deepEqual([told.refusals_judged, told.refusals_unclear, told.refusals_cut], [1, 0, false]);
  const { principal, object, then, now, action, path, then_by, now_by } = told.refusals[0];
  assert.deepEqual([principal, object, then, now, action, path, then_by, now_by], ['ann', 'plan', 'refused', 'allowed', 'set', '/budget/travel', ['policy budget'], ['policy all']]);
  // The same policies refuse it again; and before they were set, nothing was refused.
  assert.deepEqual((await simulate('operator', { all: kEverything, budget: kBudget })).refusals, []);
  assert.equal((await simulate('operator', { all: kEverything }, '?to=1')).refusals_judged, 0);
  assert.equal((await simulate(mint.token('ann', 600), { all: kEverything })).refusals, null, 'ann may not read the audit log');
  const file = join(scratch_dir(t, 'tried'), 'all.cedar');
  writeFileSync(file, kEverything);
  const { stdout } = run(['policy', 'simulate', 'w', '--policy', file, '--server', server.url], { env: { SYNCLINE_TOKEN: 'operator' } });
  assert.match(stdout, /\n +\S+ +ann +plan +set \/budget\/travel +refused +policy budget +allowed +policy all\n.*; 1 refusal judged: 1 would be allowed, 0 unclear\n$/);
});
