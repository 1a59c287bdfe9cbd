// Renaming documents that published editors have open: they are told the new name with a final code, find everything there,
// and never begin a second document under the old one.

import assert from 'node:assert/strict';
import test from 'node:test';
import { converged, fresh, h_client, hocuspocus_versions, y_client, y_versions } from './lib/clients.mjs';
import { Server, run } from './lib/server.mjs';
import { sleep, until } from './lib/wait.mjs';

const kTest = { timeout: 60_000 };
const kMoved = 4421;

function api(server) {
  return async (method, path, { body, type, ...headers } = {}) => {
    const response = await fetch(`${server.url}/v1/workspaces/team${path}`,
      { method, body, redirect: 'manual', headers: { ...(type && { 'Content-Type': type }), ...headers } });
    const text = await response.text();
    return { status: response.status, json: text.startsWith('{') ? JSON.parse(text) : undefined, headers: response.headers };
  };
}

function closes(provider) {
  const told = [];
  provider.on('connection-close', (event) => event && told.push({ code: event.code, reason: String(event.reason) }));
  return told;
}

const is_sent_on = ({ code, reason }) => code === kMoved && reason === 'renamed to notes/new plan';

for (const version of y_versions.filter((each) => each !== 2)) {
  test(`y-websocket ${version}: told the new name, with everything there`, kTest, async (t) => {
    const server = await Server.start(t);
    const ask = api(server);
    const ann = await y_client(t, server, 'team', 'plan', { version });
    const away = await y_client(t, server, 'team', 'plan', { version });
    ann.text.insert(0, 'The plan');
    await converged([ann, away]);
    away.provider.disconnect();
    away.text.insert(0, 'Offline: ');

    const told = closes(ann.provider);
    const renamed = await ask('POST', '/rename/plan?to=notes/new%20plan&reason=test');
    assert.equal(renamed.status, 200, JSON.stringify(renamed.json));
    assert.deepEqual(renamed.json.object, 'notes/new plan');
    await until(() => told.some(is_sent_on), 'whoever has it open is told');
    const later = closes(away.provider);
    away.provider.connect();
    await until(() => later.some(is_sent_on), 'whoever comes back is told');
    away.provider.disconnect();

    // What was written offline is merged under the new name.
    const there = await y_client(t, server, 'team', 'notes/new plan', { version, doc: away.doc });
    const eve = await fresh(t, server, 'team', 'notes/new plan');
    await converged([there, eve]);
    assert.equal(eve.text.toString(), 'Offline: The plan');
    assert.deepEqual((await ask('GET', '/objects')).json.objects, ['notes/new plan']);
    const history = await ask('GET', '/changes/notes/new%20plan');
    assert.equal(history.status, 200);

    // Also after a restart, and when the name is free.
    await server.restart();
    const again = await y_client(t, server, 'team', 'plan', { version, doc: ann.doc, wait: false });
    const last = closes(again.provider);
    await until(() => last.some(is_sent_on), 'after a restart');
    again.provider.disconnect();
    assert.equal((await ask('DELETE', '/redirects/plan')).status, 200);
    const old = await y_client(t, server, 'team', 'plan', { version, doc: ann.doc, wait: false });
    const refused = closes(old.provider);
    await until(() => refused.some(is_sent_on), 'an old replica, when the name is free');
    old.provider.disconnect();
    const ben = await y_client(t, server, 'team', 'plan');
    ben.text.insert(0, 'Another plan');
    await converged([ben, await fresh(t, server, 'team', 'plan')]);
    assert.equal((await ask('GET', '/objects/notes/new%20plan')).json.state.content, 'Offline: The plan');
  });
}

for (const version of hocuspocus_versions) {
  test(`Hocuspocus ${version}: told the new name`, kTest, async (t) => {
    const server = await Server.start(t);
    const ask = api(server);
    const ann = await h_client(t, server, 'team', 'plan', version);
    ann.text.insert(0, 'The plan');
    await until(() => !ann.provider.hasUnsyncedChanges, 'it is saved');
    assert.equal((await ask('POST', '/rename/plan?to=later')).status, 200);
    await until(() => ann.events.closed.some(({ reason }) => reason.includes('renamed to later')), 'told why');
    const back = await h_client(t, server, 'team', 'plan', version, { doc: ann.doc, wait: false });
    await until(() => [...back.events.closed.map(({ reason }) => reason), ...back.events.denied].some((why) => why.includes('renamed to later')), 'told when it comes back');
    const there = await h_client(t, server, 'team', 'later', version);
    assert.equal(there.text.toString(), 'The plan');
  });
}

test('over HTTP and from the command line', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  const text = { body: 'one', type: 'text/plain' };
  await ask('PUT', '/objects/notes/a?root=content', text);
  await ask('PUT', '/objects/other?root=content', text);
  assert.equal((await ask('POST', '/rename/notes/a')).status, 400);
  assert.equal((await ask('POST', '/rename/notes/a?to=other')).status, 409);
  assert.equal((await ask('POST', '/rename/none?to=b')).status, 404);
  assert.equal((await ask('POST', '/rename/notes/a?to=b', { 'If-Match': '"9"' })).status, 412);
  assert.equal((await ask('POST', '/rename/notes/a?to=b&dry_run=1')).json.dry_run, true);
  const first = await ask('POST', '/rename/notes/a?to=b/c', { 'Idempotency-Key': 'k' });
  assert.equal(first.status, 200, JSON.stringify(first.json));

  const repeated = await ask('POST', '/rename/notes/a?to=b/c', { 'Idempotency-Key': 'k' });
  assert.equal(repeated.headers.get('Idempotent-Replayed'), 'true', JSON.stringify(repeated.json));
  assert.equal(repeated.json.position, first.json.position);
  assert.equal((await ask('POST', '/rename/notes/a?to=d')).headers.get('Location'), '../b/c?to=d');

  // Everything about the old name is sent on, with what the request says.
  const sent = await ask('GET', '/objects/notes/a?as=text&root=content&token=x');
  assert.equal(sent.status, 308);
  assert.equal(sent.headers.get('Location'), '../b/c?as=text&root=content');
  assert.equal(sent.headers.get('Cache-Control'), 'no-store');
  assert.equal(sent.json.error.message, 'renamed to b/c');
  assert.equal(await (await fetch(`${server.url}/v1/workspaces/team/objects/notes/a?as=text&root=content`)).text(), 'one');
  const written = await fetch(`${server.url}/v1/workspaces/team/objects/notes/a?root=content`,
    { method: 'PUT', body: 'two', headers: { 'Content-Type': 'text/plain' } });
  assert.equal(written.status, 200);
  assert.equal((await ask('GET', '/objects/b/c?as=text&root=content')).status, 200);
  // The past under both names.
  assert.equal((await ask('GET', '/objects/b/c?at=1')).json.state.content, 'one');

  assert.equal((await ask('PUT', '/hold?reason=case')).status, 200);
  assert.equal((await ask('POST', '/rename/b/c?to=e')).status, 409);
  assert.equal((await ask('DELETE', '/hold?reason=over')).status, 200);

  const on = (...words) => run([...words, '--server', server.url]);
  assert.match(on('mv', 'team/b/c', 'team/d', '--reason', 'again').stdout, /team\/b\/c is team\/d now, by the event at position \d+/);
  assert.match(on('cat', 'team/d').stdout, /two/);
  assert.match(on('mv', 'team/b/c', '--free').stdout, /team\/b\/c leads nowhere any more/);
  assert.match(on('blame', 'team/d').stdout, /t/);
});

test('a crash in the middle leaves the one name or the other', kTest, async (t) => {
  const server = await Server.start(t);
  const ask = api(server);
  for (let i = 0; i < 5; ++i) {
    await ask('PUT', `/objects/a${i}?root=content`, { body: 'x', type: 'text/plain' });
    const asked = ask('POST', `/rename/a${i}?to=b${i}`).catch(() => undefined);
    await sleep(i);
    await server.kill();
    await asked;
    await server.launch();
    const listed = (await ask('GET', '/objects')).json.objects;
    const old = (await ask('GET', `/objects/a${i}`)).status;
    const now = (await ask('GET', `/objects/b${i}`)).status;
    assert.ok((old === 200 && now === 404) || (old === 308 && now === 200), `${old} ${now}`);
    assert.equal(listed.includes(`a${i}`), old === 200);
    assert.equal(listed.includes(`b${i}`), now === 200);
  }
});
