// Copies beside editors, and what the command line shows of objects.

import assert from 'node:assert/strict';
import test from 'node:test';
import { y_client } from './lib/clients.mjs';
import { run, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 60_000 };

test('a document begins from a template, and each goes its own way', kTest, async (t) => {
  const server = await Server.start(t);
  const ann = await y_client(t, server, 'team', 'templates/minutes', { params: { ack: '1' } });
  ann.text.insert(0, 'Agenda: secret');
  ann.text.delete(7, 7);
  ann.text.format(0, 6, { bold: true });
  const cp = (...args) => run(['cp', ...args, '--server', server.url]);
  const shown = async (object) => (await server.get(`/v1/workspaces/team/objects/${object}?as=text`)).text;
  await until(async () => (await shown('templates/minutes')) === 'Agenda:', () => 'the template is durable');

  const copied = cp('team/templates/minutes', 'team/monday');
  assert.equal(copied.status, 0, copied.stderr);
  assert.match(copied.stdout, /^team\/monday begins with the event at position \d+\n$/);
  const ben = await y_client(t, server, 'team', 'monday', { params: { ack: '1' } });
  assert.deepEqual(ben.text.toDelta(), [{ insert: 'Agenda', attributes: { bold: true } }, { insert: ':' }]);
  const { changes } = await server.json('/v1/workspaces/team/changes/monday');
  assert.equal(changes.length, 1);
  assert.match(changes[0].actor, /^copy of team\/templates\/minutes at \d+$/);

  // Both are edited, and an editor of the template comes back with what it has.
  ben.text.insert(7, ' bread');
  ann.text.insert(7, ' butter');
  ann.provider.disconnect();
  ann.text.insert(0, '# ');
  ann.provider.connect();
  await until(async () => (await shown('templates/minutes')) === '# Agenda: butter', () => 'the template has its edits');
  await until(async () => (await shown('monday')) === 'Agenda: bread', () => 'the copy has its own');
  assert.equal(ben.text.toString(), 'Agenda: bread');

  const again = cp('team/templates/minutes', 'team/monday');
  assert.equal(again.status, 1);
  assert.match(again.stderr, /object monday exists/);
  assert.equal(cp('team/none', 'team/tuesday').status, 1);
  assert.equal(cp('team', 'team/tuesday').status, 2);
});

test('`ls -l` says what is known of each object, of a server and of its data directory', kTest, async (t) => {
  const server = await Server.start(t);
  for (const object of ['a', 'notes/b', 'notes/c'])
    assert.equal((await fetch(`${server.url}/v1/workspaces/team/objects/${object}?root=r`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: 'Hello' })).status, 201);
  for (const source of [['--server', server.url], ['--data-dir', server.dir]]) {
    const listed = run(['ls', 'team', '-l', ...source]);
    assert.equal(listed.status, 0, listed.stderr);
    const lines = listed.stdout.trimEnd().split('\n');
    assert.match(lines[0], /^TYPE +SIZE +EVENT +CHANGED +BY +OBJECT$/);
    assert.match(lines[2], /^doc +\d+ B +2 +\d{4}-\d\d-\d\dT\S+Z +anonymous +notes\/b$/);
    assert.equal(lines.length, 4);
    const since = run(['ls', 'team', '--since', '1', '--prefix', 'notes/', '--json', ...source]).stdout.trimEnd().split('\n').map((line) => JSON.parse(line));
    assert.deepEqual(since.map(({ object, position }) => [object, position]), [['notes/b', 2], ['notes/c', 3]]);
    assert.equal(run(['ls', 'team', '--type', 'table', ...source]).stdout, '');
    assert.equal(run(['ls', '-l', ...source]).status, 2);
    assert.equal(run(['ls', 'none', '-l', ...source]).status, 1);
  }
});
