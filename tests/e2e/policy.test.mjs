// Policies and shares that are given and taken while published clients edit.

import assert from 'node:assert/strict';
import test from 'node:test';
import { h_client, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { Mint } from './lib/mint.mjs';
import { Server, run } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kEverything = 'permit (principal, action, resource);';

async function start(t) {
  const mint = new Mint(t);
  const server = await Server.start(t, { args: mint.args, env: { SYNCLINE_TOKEN: 'operator' } });
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
