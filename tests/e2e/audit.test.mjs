// The audit log: what administrators do, and what is refused to published clients.

import assert from 'node:assert/strict';
import test from 'node:test';
import { h_client, y_client } from './lib/clients.mjs';
import { Server, run } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kTokens = { SYNCLINE_TOKEN: 'operator', SYNCLINE_READ_TOKEN: 'reader' };

async function audit(server, token = 'operator') {
  const answer = await fetch(`${server.url}/v1/audit?limit=1000`, { headers: { Authorization: `Bearer ${token}` } });
  assert.equal(answer.status, 200);
  return (await answer.text()).split('\n').filter(Boolean).map((line) => JSON.parse(line));
}
const ask = (server, method, path, token = 'operator') =>
  fetch(`${server.url}/v1${path}`, { method, headers: { Authorization: `Bearer ${token}` } });

test('acts, refusals and exports are in the audit log, and outlast a kill', kTest, async (t) => {
  const server = await Server.start(t, { env: kTokens, args: ['--audit'] });
  const owner = await y_client(t, server, 'w', 'plan', { params: { token: 'operator' } });
  owner.text.insert(0, 'Hello');
  await until(async () => (await ask(server, 'GET', '/workspaces/w/log')).status === 200 && owner.provider.synced, 'the edit is there');

  // An act is durable when it is answered.
  assert.equal((await ask(server, 'PUT', '/workspaces/w/hold?reason=case')).status, 200);
  const [act] = (await audit(server)).filter((entry) => entry.kind === 'act');
  assert.equal(act.request, 'PUT /v1/workspaces/{workspace}/hold');
  assert.equal(act.workspace, 'w');
  assert.equal(act.status, 200);
  assert.equal(act.address, '127.0.0.1');

  // Published clients that are refused.
  const reader = await y_client(t, server, 'w', 'plan', { params: { token: 'reader' } });
  reader.text.insert(0, 'no');
  const hocuspocus = await h_client(t, server, 'w', 'plan', 4, { token: 'reader' });
  hocuspocus.text.insert(0, 'no');
  for (let i = 0; i < 5; ++i) assert.equal((await ask(server, 'GET', '/workspaces', 'a-guess')).status, 401);
  assert.equal((await ask(server, 'PUT', '/workspaces/w/hold?reason=x', 'reader')).status, 403);
  assert.equal((await ask(server, 'GET', '/audit', 'reader')).status, 403);
  assert.equal((await ask(server, 'GET', '/workspaces/w/export')).status, 200);
  const refusals = async () => (await audit(server)).filter((entry) => entry.kind === 'refusal');
  await until(async () => {
    const all = await refusals();
    const changes = all.filter((entry) => entry.right === 'write' && entry.object === 'plan' && entry.principal === 'reader');
    const guesses = all.filter((entry) => entry.reason === 'a wrong token').reduce((sum, entry) => sum + entry.count, 0);
    return changes.length > 0 && guesses === 5 && all.some((entry) => entry.principal === 'reader' && entry.right === 'hold');
  }, 'the refusals are there');
  assert.ok((await audit(server)).some((entry) => entry.kind === 'export' && entry.workspace === 'w'));
  assert.ok(!JSON.stringify(await audit(server)).includes('a-guess'), 'no token is kept');

  const before = await audit(server);
  await server.kill();
  await server.restart();
  assert.deepEqual((await audit(server)).slice(0, before.length), before);

  const shown = await run(['audit', '--server', server.url], { env: kTokens });
  assert.match(shown.stdout, /act\s+token\s+PUT \/v1\/workspaces\/\{workspace\}\/hold {2}w\s+200/);
  // It can be proved as any log, and is not listed.
  assert.equal((await ask(server, 'GET', '/workspaces/.system/log')).status, 200);
  assert.deepEqual((await (await ask(server, 'GET', '/workspaces')).json()).workspaces, ['w']);
  await server.kill('SIGTERM');
  const verified = await run(['log', 'verify', '--data-dir', server.dir], {});
  assert.match(verified.stdout, /^sound: 2 workspaces/m);
});

test('reads are in the audit log if a rule of the tenant says so', kTest, async (t) => {
  const server = await Server.start(t, { env: kTokens, args: ['--audit'] });
  const owner = await y_client(t, server, 'w', 'hr/plan', { params: { token: 'operator', ack: '1' } });
  owner.text.insert(0, 'Hello');
  await until(() => owner.saving.count > 0, 'the edit is saved');
  const rule = '@audit permit (principal, action in [Action::"read", Action::"history"], resource in Folder::"hr/");';
  const { status, stderr } = run(['policy', 'set', '.system', 'reads', '-', '--server', server.url], { env: kTokens, input: rule });
  assert.equal(status, 0, stderr);
  const reader = await y_client(t, server, 'w', 'hr/plan', { params: { token: 'reader' } });
  assert.equal(reader.text.toString(), 'Hello', 'the rule takes no right from anybody');
  await y_client(t, server, 'w', 'other', { params: { token: 'reader' } });
  assert.equal((await ask(server, 'GET', '/workspaces/w/changes/hr%2Fplan')).status, 200);
  const reads = async () => (await audit(server)).filter(({ kind }) => kind === 'read').map(({ principal, right, object }) => `${principal} ${right} ${object}`);
  await until(async () => (await reads()).length === 2, 'both are there');
  assert.deepEqual((await reads()).sort(), ['reader read hr/plan', 'token history hr/plan']);
  assert.match(run(['audit', '--server', server.url], { env: kTokens }).stdout, /read +reader +read {2}w\/hr\/plan/);
});

test('without --audit, nothing is recorded', kTest, async (t) => {
  const server = await Server.start(t, { env: kTokens });
  assert.equal((await ask(server, 'POST', '/revocations?principal=ann')).status, 204);
  assert.deepEqual(await audit(server), []);
});
