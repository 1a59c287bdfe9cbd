// The HTTP API is what /openapi.json says: its routes, and what they answer.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import test from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { converged, fresh, y_client } from './lib/clients.mjs';
import { Api, described, routed } from './lib/openapi.mjs';
import { Server, kSignAtOnce, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

test('the description is valid, and describes every route and no other', kTest, async (t) => {
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'secret' } });
  const api = await Api.of(server);  // without a token: it says nothing of the data
  const { valid, errors } = await new Validator().validate(api.document);
  assert.ok(valid, JSON.stringify(errors));
  assert.ok(routed().length >= 16);
  assert.deepEqual(described(api.document).sort(), routed().sort());
});

test('what is answered is what is described', kTest, async (t) => {
  const server = await Server.start(t, { args: [...kSignAtOnce, '--audit', '--region', 'eu', '--node', 'n1', '--backup-dir', join(scratch_dir(t, 'backups'), 'backups')] });
  const api = await Api.of(server);
  const ann = await y_client(t, server, 'team', 'notes/plan');
  const ben = await y_client(t, server, 'team', 'notes/plan');
  ann.text.insert(0, 'Hello');
  await converged([ann, ben]);
  ben.text.format(0, 5, { bold: true });
  ben.doc.getMap('about').set('title', { of: ['a', 'b'] });
  ben.doc.getArray('list').insert(0, [1, 'two', null]);
  await converged([ann, ben, await fresh(t, server, 'team', 'notes/plan')]);

  const ok = async (method, path, options) => {
    const answer = await api.ask(method, `/v1${path}`, options);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer;
  };
  await ok('GET', '/workspaces');
  await ok('GET', '/workspaces/team/objects?prefix=notes&limit=1');
  assert.equal((await ok('GET', '/workspaces/team/objects?details=1&type=doc&since=0')).body.details[0].type, 'doc');
  assert.equal((await ok('GET', '/workspaces/team/search?q=HELLO')).body.results[0].object, 'notes/plan');
  const plan = await ok('GET', '/workspaces/team/objects/notes/plan');
  assert.equal(plan.body.state.content, 'Hello');
  assert.deepEqual((await ok('GET', '/workspaces/team/objects/notes%2Fplan')).body, plan.body);
  assert.equal((await ok('GET', '/workspaces/team/objects/notes/plan', { headers: { Accept: 'application/octet-stream' } })).type, 'application/octet-stream');
  await ok('GET', '/workspaces/team/objects/notes/plan?at=1');
  const part = async (query) => (await ok('GET', `/workspaces/team/objects/notes/plan?${query}`)).body;
  assert.deepEqual(await part('root=content&range=1:3'), { workspace: 'team', object: 'notes/plan', root: 'content', position: plan.body.position, state: 'el' });
  assert.deepEqual((await part('root=list&range=1:')).state, ['two', null]);
  assert.deepEqual((await part('root=about')).state, { title: { of: ['a', 'b'] } });
  assert.deepEqual((await part('root=content&range=:4&at=1')).state, 'Hell');
  const written = '/workspaces/team/objects/notes/written';
  const typed = (type, body) => ({ headers: { 'Content-Type': type }, body: typeof body === 'string' ? body : JSON.stringify(body) });
  const add = typed('application/vnd.syncline.text+json', { root: 'note', ops: [{ insert: 'x', at: 0 }] });
  assert.equal((await ok('PATCH', written, add)).status, 201);
  await ok('PUT', `${written}?root=note&dry_run=1`, typed('text/plain', 'y'));
  assert.deepEqual((await ok('PUT', written, typed('application/json', { note: 'y' }))).body.changed, true);
  const known = { headers: { 'If-None-Match': '*' } };
  assert.equal((await api.ask('GET', `/v1${written}?wait=1`, known)).status, 304);
  for (const [method, options, status] of [['PATCH', typed('text/html', ''), 415], ['PUT', typed('text/html-none', ''), 415], ['PATCH', typed('application/json-patch+json', '{'), 400],
    ['PATCH', typed('application/json-patch+json', [{ op: 'remove', path: '/none' }]), 409], ['PATCH', { ...add, headers: { ...add.headers, ...known.headers } }, 412]])
    assert.equal((await api.ask(method, `/v1${written}`, options)).status, status, `${method} ${JSON.stringify(options)}`);
  assert.equal((await ok('POST', '/workspaces/team/objects/notes/copy?copy_from=notes/plan')).status, 201);
  assert.equal((await api.ask('POST', '/v1/workspaces/team/objects/notes/copy?copy_from=notes/plan')).status, 409);
  assert.equal((await ok('PUT', '/workspaces/team/files/logo', typed('application/octet-stream', 'abcd'))).status, 201);
  assert.equal((await ok('GET', '/workspaces/team/files/logo')).body, 'abcd');
  assert.equal((await ok('GET', '/workspaces/team/files/logo', { headers: { Range: 'bytes=1-2' } })).body, 'bc');
  for (const [headers, status] of [[{ Range: 'bytes=4-' }, 416], [{ 'If-None-Match': '*' }, 304]])
    assert.equal((await api.ask('GET', '/v1/workspaces/team/files/logo', { headers })).status, status);
  assert.equal((await api.ask('GET', '/v1/workspaces/team/files/notes/plan')).status, 406);
  assert.equal((await api.ask('PUT', '/v1/workspaces/team/files/notes/plan', typed('application/octet-stream', 'abcd'))).status, 422);
  assert.equal((await api.ask('PUT', '/v1/workspaces/team/files/logo', typed('image/png', 'abcd'))).status, 415);
  const tus = (headers = {}) => ({ headers: { 'Tus-Resumable': '1.0.0', ...headers } });
  const uploads = '/workspaces/team/uploads/film';
  const begun = await fetch(`${server.url}/v1${uploads}`, { method: 'POST', ...tus({ 'Upload-Length': '4' }) });
  const upload = new URL(begun.headers.get('location'), begun.url);
  const of_upload = `${upload.pathname}${upload.search}`.slice('/v1'.length);
  assert.equal((await ok('GET', of_upload, tus())).body.offset, 0);
  const more = (offset, body, headers = {}) => ({ body, ...tus({ 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset), ...headers }) });
  assert.equal((await ok('PATCH', of_upload, more(0, 'ab'))).status, 204);
  for (const [options, status] of [[more(0, 'ab'), 409], [more(2, 'cd', { 'Upload-Checksum': 'sha256 AAAA' }), 400], [tus(), 415], [{}, 412]])
    assert.equal((await api.ask('PATCH', `/v1${of_upload}`, options)).status, status);
  await ok('PATCH', of_upload, more(2, 'cd'));
  assert.equal((await ok('GET', '/workspaces/team/files/film')).body, 'abcd');
  await ok('DELETE', of_upload, tus());
  assert.equal((await api.ask('GET', `/v1${of_upload}`, tus())).status, 404);
  assert.equal((await ok('POST', uploads, tus({ 'Upload-Defer-Length': '1' }))).status, 201);
  assert.equal((await ok('OPTIONS', uploads)).status, 204);
  const rpc = (method, headers = {}) => api.ask('POST', '/mcp', { headers: { 'Content-Type': 'application/json', ...headers }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method }) });
  assert.equal((await rpc('initialize')).status, 200);
  assert.equal((await rpc('ping')).status, 400);
  assert.equal((await rpc('ping', { 'Mcp-Session-Id': '00-0' })).status, 404);
  assert.equal((await rpc('ping', { 'Content-Type': 'text/plain' })).status, 415);
  assert.equal((await api.ask('DELETE', '/mcp', { headers: { 'Mcp-Session-Id': '00-0' } })).status, 404);
  assert.deepEqual((await ok('PUT', '/workspaces/team/deletions?grace=7d&seeds=2,1')).body.seeds, [1, 2]);
  assert.equal((await ok('DELETE', `${written}?reason=old`)).body.generation, 1);
  assert.equal((await api.ask('GET', `/v1${written}`)).status, 410);
  assert.equal((await ok('GET', '/workspaces/team/deletions')).body.objects[0].object, 'notes/written');
  await ok('POST', '/workspaces/team/undelete/notes/written');
  assert.equal((await ok('POST', '/workspaces/team/rename/notes/written?to=notes/renamed')).body.object, 'notes/renamed');
  const moved = await api.ask('GET', `/v1${written}`);
  assert.equal(moved.status, 308);
  assert.equal((await ok('GET', '/workspaces/team/deletions')).body.redirects[0].to, 'notes/renamed');
  await ok('POST', '/workspaces/team/rename/notes/renamed?to=notes/written');
  await ok('DELETE', '/workspaces/team/redirects/notes/renamed');
  const attic = '/workspaces/attic';
  await ok('PUT', `${attic}/objects/a?root=content`, { headers: { 'Content-Type': 'text/plain' }, body: 'x' });
  assert.equal((await ok('DELETE', `${attic}?reason=over`)).body.deleted.erased, false);
  assert.equal((await api.ask('GET', `/v1${attic}/objects`)).status, 410);
  assert.equal((await api.ask('DELETE', `/v1${attic}`)).status, 410);
  assert.equal((await api.ask('POST', `/v1${attic}/begin`)).status, 409);
  assert.equal((await ok('GET', `${attic}/deletions`)).body.generation, 1);
  assert.equal((await ok('POST', `${attic}/undelete`)).body.deleted, null);
  assert.equal((await ok('DELETE', `${attic}?erase=now`)).body.deleted.erase_at, null);
  await until(async () => (await ok('GET', `${attic}/deletions`)).body.deleted.erased, 'it is erased');
  assert.equal((await ok('POST', `${attic}/begin`)).body.generation, 2);
  await ok('GET', written);
  await ok('GET', '/workspaces/team/state');
  const { changes } = (await ok('GET', '/workspaces/team/changes')).body;
  assert.ok(changes.length >= 2);
  await ok('GET', '/workspaces/team/changes/notes/plan?from=1&limit=1');
  await ok('GET', '/workspaces/team/events?after=0&follow=0');
  await ok('GET', '/workspaces/team/events/notes/plan?after=0&follow=0&content=1');
  const stream = '/streams/team/jobs/log';
  const lines = (body) => ({ headers: { 'Content-Type': 'text/plain' }, body });
  for (const [method, path, options, status] of [['PUT', stream, lines('one\n'), 201], ['PUT', stream, lines(), 200], ['POST', stream, lines('two\n'), 204],
    ['GET', stream, {}, 200], ['GET', `${stream}?offset=5`, {}, 400], ['PUT', stream, { headers: { 'Content-Type': 'text/html' } }, 409], ['POST', `${stream}2`, lines('x'), 404],
    ['PUT', `${stream}2`, { headers: { 'Stream-Forked-From': stream } }, 201], ['DELETE', stream, {}, 204], ['GET', stream, {}, 410],
    ['DELETE', `${stream}2`, {}, 204], ['GET', '/streams/team?offset=-1', {}, 200], ['GET', '/streams/none', {}, 404]])
    assert.equal((await api.ask(method, path, options)).status, status, `${method} ${path}`);
  const hook = (await ok('POST', '/workspaces/team/webhooks', { body: JSON.stringify({ url: 'https://app.example/hook', prefix: 'none/' }) })).body;
  assert.equal((await ok('GET', '/workspaces/team/webhooks')).body.webhooks.length, 1);
  await ok('GET', `/workspaces/team/webhooks/${hook.id}`);
  await ok('GET', `/workspaces/team/webhooks/${hook.id}/dead?after=0&limit=1`);
  for (const act of ['replay', 'rotate', 'enable', 'test']) await ok('POST', `/workspaces/team/webhooks/${hook.id}/${act}`);
  assert.equal((await api.ask('POST', '/v1/workspaces/team/webhooks', { body: '{"url":"ftp://app.example/"}' })).status, 400);
  await ok('DELETE', `/workspaces/team/webhooks/${hook.id}`);
  assert.equal((await api.ask('GET', `/v1/workspaces/team/webhooks/${hook.id}`)).status, 404);
  await ok('GET', '/workspaces/team/blame/notes/plan');
  await ok('PUT', '/workspaces/team/pins/start?at=1');
  await ok('GET', '/workspaces/team/pins');
  await ok('POST', '/workspaces/team/restore/notes/plan?at=start&dry_run=1');
  await ok('POST', '/workspaces/team/restore/notes/plan?at=start&into=branch');
  await ok('DELETE', '/workspaces/team/pins/start');
  assert.equal((await ok('PUT', '/workspaces/team/policies/all?reason=test', { body: 'permit (principal, action, resource);' })).body.name, 'all');
  assert.equal((await ok('GET', '/workspaces/team/policies')).body.policies.length, 1);
  await ok('GET', '/workspaces/team/policies/all');
  assert.equal((await ok('PUT', '/workspaces/team/shares?resource=notes/&to=group:team&role=editor')).body.role, 'editor');
  assert.equal((await ok('GET', '/workspaces/team/shares?prefix=notes/')).body.shares.length, 1);
  assert.equal((await ok('GET', '/workspaces/team/shares?resource=notes/plan')).body.shares.length, 0);
  const tried = JSON.stringify({ policies: { none: 'forbid (principal, action, resource);' }, add: true, people: { 'u/1': { groups: ['team'], rights: 'admin' } } });
  const simulated = (await ok('POST', '/workspaces/team/simulation?limit=1', { body: tried })).body;
  assert.deepEqual([simulated.differences.length, simulated.differences[0].now, simulated.next], [1, 'refused', simulated.differences[0].position]);
  const report = (await ok('GET', '/workspaces/team/access/notes/plan')).body;
  assert.ok(report.could.some(({ who, right }) => who === 'group:team' && right === 'write'));
  assert.ok(report.did.length > 0);
  const link = (await ok('POST', '/workspaces/team/links/notes/plan', { body: JSON.stringify({ role: 'viewer', lifetime_s: 60 }) })).body;
  assert.equal((await ok('GET', '/workspaces/team/rights/notes/plan?root=content')).body.rights.share.allowed, true);
  const { shares } = (await ok('GET', '/workspaces/team/shares/notes/plan')).body;
  assert.deepEqual(shares.map(({ to }) => to), ['group:team', `principal:${link.principal}`]);
  assert.equal(shares[1].expires, link.expires_at);
  await ok('DELETE', `/workspaces/team/shares?resource=notes/plan&to=principal:${link.principal}`);
  await ok('DELETE', '/workspaces/team/shares?resource=notes/&to=group:team');
  await ok('DELETE', '/workspaces/team/policies/all');
  await ok('GET', '/workspaces/team/retention');
  await ok('PUT', '/workspaces/team/hold?reason=case%207');
  assert.equal((await api.ask('POST', '/v1/workspaces/team/retention')).status, 403);
  await ok('DELETE', '/workspaces/team/hold?reason=closed');
  assert.ok(JSON.stringify((await ok('GET', '/audit?limit=100')).body).includes('DELETE /v1/workspaces/{workspace}/hold'));
  const kept = (await ok('PUT', '/workspaces/team/retention?keep_for=0&keep_last=1')).body;
  assert.deepEqual(kept.record.map((line) => line.action), ['hold', 'release', 'set']);
  const turned = (await ok('POST', '/workspaces/team/retention')).body;
  assert.equal(turned.kept_from, kept.rule_says);
  assert.deepEqual((await ok('GET', '/workspaces/team/objects/notes/plan')).body, plan.body);
  const gone = await api.ask('GET', '/v1/workspaces/team/objects/notes/plan?at=1');
  assert.equal(gone.status, 404);
  assert.match(gone.body.error.message, /kept from position/);
  assert.equal((await ok('GET', '/workspaces/team/changes')).body.changes[0].changes, null);
  assert.deepEqual((await ok('GET', '/workspaces/team/quarantine')).body, { quarantine: [], next: null });
  assert.equal((await api.ask('DELETE', '/v1/workspaces/team/quarantine/notes/plan')).status, 404);
  assert.deepEqual((await ok('GET', '/shut')).body, { shut: [], next: null });
  assert.equal((await api.ask('DELETE', '/v1/workspaces/team/shut')).status, 404);
  await ok('GET', '/workspaces/team/log');
  await server.signed('team');
  await ok('GET', '/workspaces/team/checkpoint');
  await ok('GET', '/workspaces/team/proof/1');
  await ok('GET', '/workspaces/team/consistency?from=1&to=2');
  assert.equal((await ok('GET', '/workspaces/team/export')).type, 'application/octet-stream');
  const imported = { body: 'no bundle' };
  await ok('GET', '/workspaces/new/import');
  assert.equal((await api.ask('POST', '/v1/workspaces/new/import', imported)).status, 400);
  assert.equal((await api.ask('POST', '/v1/workspaces/team/import', imported)).status, 409);
  assert.equal((await api.ask('DELETE', '/v1/workspaces/new/import')).status, 404);
  await ok('GET', '/me');
  await ok('DELETE', '/people/u%2F1?forget=1');
  assert.deepEqual((await ok('GET', '/people')).body.people, [{ principal: 'u/1', name: null, forgotten: true }]);
  await ok('GET', '/workspaces/team/guests');
  await ok('DELETE', '/workspaces/team/guests');
  await ok('GET', '/keys');
  const made = (await ok('POST', '/api-keys', { body: JSON.stringify({ rights: 'read', label: 'test', workspace: 'team' }) })).body;
  assert.match(made.key, /^slk_/);
  assert.deepEqual((await ok('GET', '/api-keys')).body.api_keys.map(({ id, label }) => [id, label]), [[made.id, 'test']]);
  await ok('DELETE', `/api-keys/${made.id}`);
  assert.equal((await ok('POST', '/tickets', { body: JSON.stringify({ workspace: 'team', object: 'notes/plan' }) })).body.y_path, '/y/team/notes/plan');
  assert.ok((await ok('POST', '/backups?name=nightly')).body.workspaces >= 1);
  assert.deepEqual((await ok('PUT', '/log-level?level=warn,net%3Ddebug')).body, { log_level: 'warn,net=debug' });
  assert.deepEqual((await ok('GET', '/log-level')).body, { log_level: 'warn,net=debug' });
  await ok('POST', '/tenants/acme?name=Acme&max_connections=5&workspace_max_objects=7');
  assert.equal((await api.ask('POST', '/v1/tenants/acme')).status, 409);
  assert.equal((await ok('PUT', '/tenants/acme?max_connections=0&state=suspended')).body.quotas.connections, null);
  assert.equal((await ok('GET', '/tenants/acme')).body.workspace_quotas.objects, 7);
  assert.equal((await ok('GET', '/tenants?limit=1')).body.tenants.length, 1);
  await ok('DELETE', '/tenants/acme');
  for (const method of ['GET', 'PUT', 'DELETE']) assert.equal((await api.ask(method, '/v1/tenants/acme')).status, 404);
  assert.ok((await ok('GET', '/sessions')).body.sessions.length >= 2);
  for (const act of ['kick', 'revoke']) assert.equal((await api.ask('POST', `/v1/sessions/00-00000000-0000000000000000/${act}`)).status, 404);
  await ok('POST', '/revocations?principal=nobody');
  const revoked = (await ok('GET', '/revocations')).body.revocations.find(({ id }) => id === 'nobody');
  await ok('DELETE', `/revocations/${revoked.revocation}`);
  assert.equal((await api.ask('DELETE', `/v1/revocations/${revoked.revocation}`)).status, 404);
  assert.ok((await api.ask('POST', '/v1/security-events', { headers: { 'content-type': 'application/secevent+jwt' }, body: 'x.y.z' })).status >= 400);
  const answered = new Set([...api.seen].map((line) => line.replace(/ \d+$/, '')));
  assert.deepEqual([...answered].sort(), described(api.document).sort(), 'every operation was tried');

  for (const [method, path, status] of [
    ['GET', '/tenants/Acme', 400], ['POST', '/tenants/default', 400], ['POST', '/tenants/a?max_objects=x', 400],
    ['GET', '/workspaces?limit=0', 400], ['GET', '/workspaces/.x/objects', 400], ['GET', '/workspaces/team/objects/none', 404],
    ['GET', '/workspaces/team/objects/notes/plan?at=nothing', 404], ['GET', '/workspaces/team/state?limit=101', 400],
    ['GET', '/workspaces/team/changes?after=x', 400], ['GET', '/workspaces/team/blame/none', 404], ['PUT', '/workspaces/team/pins/1st', 400],
    ['PUT', '/workspaces/team/retention?keep_for=x', 400], ['PUT', '/workspaces/team/hold', 400], ['DELETE', '/workspaces/team/hold', 409],
    ['GET', '/workspaces/none/retention', 404], ['POST', '/backups?name=nightly', 409], ['POST', '/backups?name=../x', 400], ['PUT', '/log-level?level=loud', 400],
    ['DELETE', '/workspaces/team/pins/none', 404], ['PUT', '/workspaces/team/policies/p', 400], ['GET', '/workspaces/team/policies/none', 404],
    ['POST', '/workspaces/team/simulation', 400], ['POST', '/workspaces/team/simulation?from=nothing', 400], ['GET', '/workspaces/team/access/notes/plan?from=nothing', 404],
    ['PUT', '/workspaces/team/shares?to=ann&role=owner', 400], ['DELETE', '/workspaces/team/shares?to=everyone', 404], ['DELETE', '/people/nobody', 404], ['DELETE', '/people/a%00', 400], ['POST', '/workspaces/team/restore/notes/plan?at=1', 400],
    ['POST', '/workspaces/team/restore/notes/plan?at=now&into=branch', 409], ['GET', '/workspaces/team/proof/99', 404],
    ['GET', '/workspaces/team/proof/x', 400], ['GET', '/workspaces/team/consistency?from=3&to=2', 400],
    ['POST', '/api-keys', 400], ['DELETE', '/api-keys/x', 400], ['DELETE', '/api-keys/abcdefghijklmnop', 404], ['POST', '/tickets', 400],
    ['GET', '/workspaces/none/export', 404], ['GET', '/workspaces/team/export?size=2', 400], ['GET', '/workspaces/team/export?size=99&crc=1', 404]]) {
    assert.equal((await api.ask(method, `/v1${path}`)).status, status, `${method} ${path}`);
  }
});

test('what is not described is refused, and says what is', kTest, async (t) => {
  const server = await Server.start(t);
  const { document } = await Api.of(server);
  for (const [path, operations] of Object.entries(document.paths)) {
    const url = `${server.url}${path.replace(/\{\w+\}/g, 'x1')}`;
    const allowed = Object.keys(operations).flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
    for (const method of ['GET', 'PUT', 'POST', 'DELETE', 'PATCH']) {
      if (allowed.includes(method)) continue;
      const response = await fetch(url, { method });
      assert.equal(response.status, 405, `${method} ${path}`);
      assert.deepEqual(response.headers.get('Allow').split(', ').sort(), [...allowed].sort(), path);
    }
  }
  for (const path of ['/v1/', '/v1/other', '/v1/keys/', '/v1/workspaces/', '/v1/workspaces/team/', '/v1/workspaces/team/none', '/v1/workspaces/team/objects/', '/v1/workspaces/team/log/x', '/v1/workspaces//objects'])
    assert.equal((await fetch(`${server.url}${path}`)).status, 404, path);
});

test('pages of other origins read if they are named, and change what they could before', kTest, async (t) => {
  const kApp = 'https://app.example';
  const server = await Server.start(t, { args: ['--cors-origin', kApp, '--cors-origin', 'http://localhost:3000'], env: { SYNCLINE_TOKEN: 'secret' } });
  const ask = (method, path, headers) =>
    new Promise((done, failed) => {
      const asked = request(server.url + path, { method, headers }, (answer) => {
        answer.resume().on('end', () => done({ status: answer.statusCode, headers: answer.headers }));
      });
      asked.on('error', failed).end();
    });
  const preflight = (Origin) => ask('OPTIONS', '/v1/workspaces/team/pins/p', { Origin, 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'authorization' });
  for (const origin of [kApp, 'http://localhost:3000']) {
    const { status, headers } = await preflight(origin);
    assert.equal(status, 204);
    assert.equal(headers['access-control-allow-origin'], origin);
    assert.match(headers['access-control-allow-methods'], /PUT/);
    assert.match(headers['access-control-allow-headers'], /Authorization/);
    assert.equal(headers['access-control-allow-credentials'], undefined);
  }
  const foreign = await preflight('https://other.example');
  assert.deepEqual([foreign.status, foreign.headers['access-control-allow-origin']], [403, undefined]);
  const get = (Origin, more) => ask('GET', '/v1/workspaces', { Origin, ...more });
  assert.equal((await get(kApp, { Authorization: 'Bearer secret' })).headers['access-control-allow-origin'], kApp);
  const denied = await get(kApp, {});
  assert.deepEqual([denied.status, denied.headers['access-control-allow-origin']], [401, kApp], 'the page can read why');
  const other = await get('https://other.example', { Authorization: 'Bearer secret' });
  assert.deepEqual([other.status, other.headers['access-control-allow-origin'], other.headers.vary], [200, undefined, 'Origin']);
  assert.equal((await ask('GET', '/', { Origin: kApp })).headers['access-control-allow-origin'], undefined, 'the API alone');

  // A server that asks nobody for a token lets foreign pages change nothing, named or not.
  const open = await Server.start(t, { args: ['--cors-origin', kApp] });
  const write = await new Promise((done) => request(`${open.url}/v1/workspaces/team/pins/p?at=1`, { method: 'PUT', headers: { Origin: kApp } }, (answer) => done(answer.resume().statusCode)).end());
  assert.equal(write, 403);
  assert.equal(run(['serve', '--cors-origin', '*', '--data-dir', scratch_dir(t), '--port', '0']).status, 2);
});
