// What an operator sees of a server: the lines of its log, and its metrics.

import assert from 'node:assert/strict';
import test from 'node:test';
import { h_client, y_client } from './lib/clients.mjs';
import { check_page } from './lib/prometheus.mjs';
import { Raw } from './lib/raw.mjs';
import { Server, run } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kTokens = { SYNCLINE_TOKEN: 'token-to-write-9f31', SYNCLINE_READ_TOKEN: 'token-to-read-77ab' };

// The lines of the log so far. Each is a JSON object of its own.
function log_of(server) {
  const lines = server.stderr.split('\n');
  if (server.child.exitCode !== null || server.child.signalCode !== null) assert.equal(lines.at(-1), '', 'the last line ends');
  return lines.slice(0, -1).map((line) => {
    const parsed = JSON.parse(line);
    assert.match(parsed.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/, line);
    assert.match(parsed.level, /^(error|warn|info|debug)$/, line);
    assert.match(parsed.area, /^(server|net|session|workspace|store|api)$/, line);
    assert.ok(parsed.message.length > 0, line);
    return parsed;
  });
}

const found = (server, message, fits = () => true) => log_of(server).find((line) => line.message === message && fits(line));
const appears = (server, message, fits) => until(() => found(server, message, fits), `'${message}' is in the log`);

test('the log: start, refusals with their reasons, stop; no token and no content', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--log-level', 'debug'], env: kTokens });
  await appears(server, 'ready', ({ url, pid }) => url === server.url && pid === server.pid);
  const start = found(server, 'starting');
  assert.equal(start.version, server.announced.version);
  assert.equal(start.data_dir, server.dir);
  assert.ok(start.loops >= 1);

  const writer = await y_client(t, server, 'w', 'notes/plan', { params: { token: kTokens.SYNCLINE_TOKEN } });
  writer.text.insert(0, 'words-that-are-nobodys-business');
  await appears(server, 'session opened', ({ object, principal }) => object === 'notes/plan' && principal === 'token');

  // Refused: by both protocols and over HTTP, with tokens in every place.
  const denied = await new Raw(t, `${server.y('w')}/doc?token=a-wrong-token-5d`).open();
  assert.equal((await denied.closing()).code, 4401);
  const by_y = await appears(server, 'session refused', ({ protocol }) => protocol === 'y-websocket');
  assert.equal(by_y.code, 4401);
  assert.match(by_y.reason, /token/);
  assert.deepEqual([by_y.workspace, by_y.object, by_y.principal], ['w', 'doc', undefined]);
  assert.match(by_y.peer, /^127\.0\.0\.1:\d+$/);
  const h = await h_client(t, server, 'w', 'doc', 4, { token: 'a-wrong-token-5d', wait: false });
  await appears(server, 'session refused', ({ protocol, code }) => protocol === 'Hocuspocus' && code === 4401);
  h.provider.destroy();
  assert.equal((await server.get('/v1/workspaces?token=a-wrong-token-5d')).status, 401);
  assert.equal((await server.get('/v1/workspaces', { Authorization: 'Bearer a-wrong-token-5d' })).status, 401);
  const by_http = await appears(server, 'request refused', ({ status }) => status === 401);
  assert.equal(by_http.request, 'GET /v1/workspaces');
  assert.equal((await server.get(`/nowhere?token=${kTokens.SYNCLINE_READ_TOKEN}`)).status, 404);
  await appears(server, 'request refused', ({ request, status }) => request === 'GET /nowhere' && status === 404);
  // A reader's edit, and a name that wants to control the terminal.
  const reader = await y_client(t, server, 'w', 'notes/plan', { params: { token: kTokens.SYNCLINE_READ_TOKEN } });
  reader.text.insert(0, 'graffiti-of-the-reader');
  await appears(server, 'change refused', ({ principal }) => principal === 'reader');
  const evil = await new Raw(t, `${server.y('w')}/${encodeURIComponent('a\x1b[2J\nb')}?token=${kTokens.SYNCLINE_TOKEN}`).open();
  assert.equal((await evil.closing()).code, 4400);

  const { code } = await server.kill('SIGTERM');
  assert.equal(code, 0, server.stderr);
  await until(() => server.stderr.includes('"stopped"'), 'the last line was read');
  assert.equal(found(server, 'stopped').reason, 'SIGTERM');
  assert.ok(found(server, 'draining; another signal ends the process at once'));
  for (const secret of [...Object.values(kTokens), 'a-wrong-token', 'nobodys-business', 'graffiti', '\x1b']) {
    assert.ok(!server.stderr.includes(secret), `${JSON.stringify(secret)} is in the log:\n${server.stderr}`);
  }
});

test('equal refusals are limited, and counted', kTest, async (t) => {
  const server = await Server.start(t, { env: kTokens });
  for (let i = 0; i < 200; ++i) assert.equal((await server.get('/v1/workspaces')).status, 401);
  const refused = log_of(server).filter(({ message }) => message === 'request refused').length;
  assert.ok(refused >= 1 && refused < 100, `${refused} lines`);
  const { text } = await server.get('/metrics', { Authorization: `Bearer ${kTokens.SYNCLINE_READ_TOKEN}` });
  const page = check_page(text);
  assert.ok(page.get('syncline_report_lines_suppressed_total') >= 100);
  assert.equal(page.get('syncline_report_lines_dropped_total'), 0);
});

test('what is logged can be changed while it runs', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--log-level', 'warn,session=info'], env: kTokens });
  const level = (...args) => run(['log-level', ...args, '--server', server.url], { env: { SYNCLINE_TOKEN: kTokens.SYNCLINE_TOKEN } });
  assert.equal(level().stdout, 'warn,session=info\n');
  await server.get('/nowhere');
  const changed = level('info,api=debug');
  assert.equal(changed.status, 0, changed.stderr);
  assert.equal(changed.stdout, 'info,api=debug\n');
  await server.get('/nothing');
  await appears(server, 'request refused', ({ request }) => request === 'GET /nothing');
  assert.equal(found(server, 'request refused', ({ request }) => request === 'GET /nowhere'), undefined);
  assert.equal(found(server, 'ready'), undefined, 'it was not wanted at the start');
  assert.equal(level('loud').status, 1);
  assert.match(level('loud').stderr, /'loud' is no level/);
  const reader = run(['log-level', 'debug', '--server', server.url], { env: { SYNCLINE_TOKEN: kTokens.SYNCLINE_READ_TOKEN } });
  assert.notEqual(reader.status, 0);
  assert.equal(level().stdout, 'info,api=debug\n');
  await server.kill('SIGTERM');
  assert.equal(run(['serve', '--data-dir', server.dir, '--log-level', 'loud']).status, 2);
});

test('the listener for metrics: no token, and nothing else', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--metrics-listen', '127.0.0.1:0'], env: kTokens });
  const client = await y_client(t, server, 'w', 'doc', { params: { token: kTokens.SYNCLINE_TOKEN } });
  client.text.insert(0, 'x');
  const metrics = server.announced.metrics_url;
  assert.match(metrics, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  let page;
  await until(async () => {
    const response = await fetch(metrics);
    assert.equal(response.status, 200);
    assert.match(response.headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
    page = check_page(await response.text());
    return page.get('syncline_write_durable_seconds_count') > 0 && page.get('syncline_write_sent_seconds_count') > 0;
  }, 'the edit is measured');
  assert.ok(page.get('syncline_loop_turn_seconds_count') > 0);
  assert.ok(page.get('syncline_log_sync_seconds_sum') > 0);
  for (const path of ['/', '/v1/workspaces', '/healthz', `/v1/workspaces?token=${kTokens.SYNCLINE_TOKEN}`]) {
    assert.equal((await fetch(new URL(path, metrics))).status, 404, path);
  }
  assert.equal((await server.get('/metrics')).status, 401, 'the other listener still asks for a token');
  for (const wrong of ['9100', '127.0.0.1', '127.0.0.1:', '127.0.0.1:x', ':9100', '127.0.0.1:65536']) {
    const refused = run(['serve', '--data-dir', server.dir, '--metrics-listen', wrong]);
    assert.equal(refused.status, 2, `${wrong}: ${refused.stderr}`);
    assert.match(refused.stderr, /ADDRESS:PORT/);
  }
});

test('as text, for people', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--log-format', 'text'] });
  await until(() => server.stderr.includes('ready'), 'it is ready');
  assert.match(server.stderr, /^\S+Z info {2}server {4}starting {2}version=\S+ data_dir=\S+ loops=\d+\n/m);
});
