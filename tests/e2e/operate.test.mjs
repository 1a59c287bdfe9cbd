// What an operator does with a running server: look at it, have it take over changed files, check a configuration first;
// and what the command line says when something is not there or would be lost.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import tls from 'node:tls';
import { run, scratch_dir, Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 60_000 };

function certificate(dir, name, common_name) {
  const [cert, key] = [join(dir, `${name}.pem`), join(dir, `${name}.key`)];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${common_name}`,
    '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
}

async function put(server, path, text) {
  const answer = await fetch(`${server.url}/v1/workspaces/${path}?root=content`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: text });
  assert.ok(answer.ok, await answer.text());
}

const lines = (text) => text.split('\n').filter(Boolean);

// The name in the certificate that new connections get.
function served_name(port) {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.end();
    });
    socket.on('error', reject);
  });
}

test('status and top show a running server', kTest, async (t) => {
  const server = await Server.start(t);
  await put(server, 'demo/objects/welcome', 'Hello');
  const at = ['--server', server.url];
  const status = run(['status', ...at]);
  assert.equal(status.status, 0, status.stderr);
  for (const part of [/^server +http:\S+, version \d/m, /^health +ready$/m, /^disk .* free of /m, /^memory .* of /m, /^queues +log 0/m, /^last backup +none/m])
    assert.match(status.stdout, part);
  const json = JSON.parse(run(['status', '--json', ...at]).stdout);
  assert.equal(json.ready, true);
  assert.equal(json.changes_accepted, 1);
  assert.equal(json.last_backup_seconds, null);
  assert.ok(json.disk.free_bytes > 0 && json.memory.resident_bytes > 0);

  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/y/demo/welcome`);
  await new Promise((open) => socket.on('open', open));
  await until(() => JSON.parse(run(['top', '--once', '--json', '--interval', '1', ...at]).stdout).workspaces.length === 1);
  const top = run(['top', '--once', '--interval', '1', ...at]);
  assert.equal(top.status, 0, top.stderr);
  assert.match(top.stdout, /^ {2}demo +1 +1 +0 /m);
  for (const line of lines(top.stdout)) assert.ok([...line].length <= 80, line);
  assert.ok(!top.stdout.includes('\x1b'));
  socket.close();
  assert.equal(run(['status', '--data-dir', server.dir]).status, 1);
});

test('top works on a terminal of 80 columns and 24 lines, and gives it back', kTest, async (t) => {
  const server = await Server.start(t);
  const script = `stty cols 80 rows 24; "${process.env.SYNCLINE_BINARY ?? 'build/release/syncline'}" top --interval 1 --server ${server.url}`;
  const shown = execFileSync('script', ['-qec', script, '/dev/null'], { input: 'nq', encoding: 'utf8', timeout: 20_000 });
  assert.ok(shown.includes('\x1b[?1049h') && shown.trimEnd().endsWith('\x1b[?1049l'), JSON.stringify(shown));
  const frame = shown.split('\x1b[H')[1].split('\x1b[J')[0].replaceAll('\x1b[K', '').replaceAll('\r', '').split('\n');
  assert.ok(frame.length <= 24);
  for (const line of frame) assert.ok([...line].length <= 80, line);
  assert.match(frame.join('\n'), /nobody is connected/);
});

test('reload takes over a certificate, rates and levels, or nothing', kTest, async (t) => {
  const dir = scratch_dir(t, 'reload');
  const first = certificate(dir, 'now', 'first.example');
  const config = join(dir, 'syncline.toml');
  const configure = (more) => writeFileSync(config, `[serve]\ntls-cert = "${first.cert}"\ntls-key = "${first.key}"\n${more}`);
  configure('log-level = "info"\n');
  const server = await Server.start(t, { args: ['--config', config], env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } });
  const port = Number(new URL(server.url).port);
  assert.equal(await served_name(port), 'first.example');

  // A new certificate in the same files, and SIGHUP.
  const fresh = certificate(dir, 'fresh', 'second.example');
  for (const which of ['cert', 'key']) writeFileSync(first[which], readFileSync(fresh[which]));
  configure('log-level = "debug"\nrate-messages = 5\nguest-days = 7\n');
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.stderr.includes('"reloaded"'));
  assert.equal(await served_name(port), 'second.example');
  assert.match(server.stderr, /"message":"reloaded","needs_restart":"--guest-days"/);

  // A broken file changes nothing, and is said.
  for (const [broken, reason] of [['rate-mesages = 7\n', /'rate-mesages' is no option/], ['log-level = "loud"\n', /log-level/]]) {
    configure(broken);
    const before = server.stderr.length;
    process.kill(server.pid, 'SIGHUP');
    await until(() => server.stderr.slice(before).includes('reload refused'));
    assert.match(server.stderr.slice(before), reason);
  }
  configure('log-level = "warn"\n');
  writeFileSync(first.cert, 'no certificate');
  const before = server.stderr.length;
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.stderr.slice(before).includes('reload refused'));
  assert.match(server.stderr.slice(before), /holds no certificate in PEM/);
  assert.equal(await served_name(port), 'second.example');
});

test('reload over HTTP says what it did, and keys of JWTs are read again', kTest, async (t) => {
  const dir = scratch_dir(t, 'keys');
  const { generateKeyPair, exportJWK, SignJWT } = await import('jose');
  const make = async (kid) => {
    const { publicKey, privateKey } = await generateKeyPair('ES256');
    return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
  };
  const [old, young] = [await make('old'), await make('young')];
  const file = join(dir, 'keys.json');
  const publish = (...keys) => writeFileSync(file, JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  const token = ({ kid, privateKey }) => new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).setSubject('ann').setAudience('docs').setExpirationTime('1h').sign(privateKey);
  publish(old);
  const server = await Server.start(t, { args: ['--jwt-keys', file, '--jwt-audience', 'docs'], env: { SYNCLINE_TOKEN: 'operator' } });
  const status = async (key) => (await fetch(`${server.url}/v1/workspaces`, { headers: { Authorization: `Bearer ${await token(key)}` } })).status;
  assert.deepEqual([await status(old), await status(young)], [200, 401]);
  const env = { SYNCLINE_TOKEN: 'operator' };
  publish(young);
  const done = run(['reload', '--server', server.url], { env });
  assert.equal(done.stdout, 'taken over: certificate, keys for tokens, rates, log level\n', done.stderr);
  assert.deepEqual([await status(old), await status(young)], [401, 200]);
  writeFileSync(file, '{');
  const refused = run(['reload', '--server', server.url], { env });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /--jwt-keys/);
  assert.equal(await status(young), 200);
});

test('serve --check finds what a start would trip over, and writes nothing', kTest, async (t) => {
  const dir = scratch_dir(t, 'check');
  const data = join(dir, 'data');
  const good = certificate(dir, 'good', 'a.example');
  const other = certificate(dir, 'other', 'b.example');
  const check = (...args) => run(['serve', '--check', ...(args.includes('--data-dir') ? [] : ['--data-dir', data]), ...args]);
  const fine = check('--tls-cert', good.cert, '--tls-key', good.key);
  assert.equal(fine.status, 0, fine.stderr);
  assert.equal(existsSync(data), false);
  assert.deepEqual(JSON.parse(check('--json').stdout), { ok: true, data_dir: data });
  for (const [args, reason] of [
    [['--tls-cert', join(dir, 'none.pem'), '--tls-key', good.key], /none\.pem: No such file/], [['--tls-cert', good.cert], /certificate and a key/],
    [['--tls-cert', good.cert, '--tls-key', other.key], /does not belong/], [['--tls-cert', good.key, '--tls-key', good.key], /holds no certificate/],
    [['--address', '0.0.0.0'], /token/], [['--log-level', 'loud'], /--log-level/], [['--jwt-keys', good.key, '--jwks-url', 'https://x/'], /exclude/],
    [['--data-dir', good.cert], /is no directory/], [['--data-dir', dir], /is no data directory, and not empty/], [['--metrics-listen', 'x'], /--metrics-listen/]]) {
    const bad = check(...args);
    assert.equal(bad.status, 2, `${args.join(' ')}\n${bad.stdout}${bad.stderr}`);
    assert.match(bad.stderr, reason);
  }
  const server = await Server.start(t, { dir: data });
  await put(server, 'demo/objects/welcome', 'Hello');
  assert.equal(check().status, 0);  // beside its server
});

test('history is told by sitting, and word by word', kTest, async (t) => {
  const server = await Server.start(t);
  const at = ['--server', server.url];
  await put(server, 'demo/objects/welcome', 'The quick fox.\nSecond line.');
  for (const text of ['The quick brown fox.\nSecond line.', 'The quick brown fox!\nSecond line.', 'A quick brown fox!\nSecond line.']) await put(server, 'demo/objects/welcome', text);
  const diff = run(['diff', 'demo/welcome', '1', ...at]);
  assert.equal(diff.status, 1);
  const rows = lines(diff.stdout);
  assert.equal(rows.length, 3, diff.stdout);
  assert.match(rows[1], /^ +2-4 .*anonymous .* 3 events in one go$/);
  assert.match(rows[2], /^ +content: @0 /);
  assert.equal(lines(run(['diff', 'demo/welcome', '1', '--each', ...at]).stdout).length, 7);
  assert.equal(lines(run(['diff', 'demo/welcome', '1', '--json', ...at]).stdout).length, 3);
  assert.equal(run(['diff', 'demo/welcome', '1', '--words', ...at]).stdout, 'content\n  [-The-]{+A+} quick {+brown +}fox[-.-]{+!+}\n');
  assert.equal(run(['diff', 'demo/welcome', '4', '--words', ...at]).status, 0);
  const blame = lines(run(['blame', 'demo/welcome', ...at]).stdout);
  assert.equal(blame.length, 2, blame.join('\n'));
  assert.match(blame[1], /^ +1-4 .*anonymous +"A quick brown fox!\\nSecond line\."$/);
  assert.ok(lines(run(['blame', 'demo/welcome', '--each', ...at]).stdout).length > 4);
});

test('the command line loses nothing in silence, and says what is missing', kTest, async (t) => {
  const server = await Server.start(t);
  const dir = scratch_dir(t, 'out');
  const at = ['--server', server.url];
  await put(server, 'demo/objects/welcome', 'Hello');
  const file = join(dir, 'demo.bundle');
  const absent = run(['export', 'nope', '-o', file, ...at]);
  assert.deepEqual([absent.status, readdirSync(dir)], [1, []], absent.stderr);
  assert.equal(absent.stderr, "syncline export: no workspace 'nope'\n");
  assert.equal(run(['export', 'demo', '-o', file, ...at]).status, 0);
  const bytes = readFileSync(file);
  const again = run(['export', 'demo', '-o', file, ...at]);
  assert.equal(again.status, 1);
  assert.match(again.stderr, /overwrite it with --force/);
  assert.deepEqual(readFileSync(file), bytes);
  assert.equal(run(['export', 'demo', '-o', file, '--force', ...at]).status, 0);

  assert.equal(run(['pin', 'set', 'demo', 'a', '--at', '1', ...at]).status, 0);
  const moved = run(['pin', 'set', 'demo', 'a', ...at]);
  assert.match(moved.stderr, /names position 1 already: move it with --move/);
  assert.equal(run(['pin', 'set', 'demo', 'a', '--move', ...at]).status, 0);

  const rule = run(['retention', 'run', 'demo', ...at]);
  assert.equal(rule.status, 2);
  assert.match(rule.stderr, /--dry-run.*--confirm demo/);
  assert.equal(run(['retention', 'run', 'demo', '--dry-run', ...at]).status, 0);
  assert.equal(run(['retention', 'run', 'demo', '--confirm', 'demo', ...at]).status, 0);

  for (const command of [['cat', 'dmo/x'], ['blame', 'dmo/x'], ['diff', 'dmo/x', '1'], ['log', 'show', 'dmo'], ['log', 'tail', 'dmo'], ['pin', 'ls', 'dmo'], ['retention', 'show', 'dmo'], ['log', 'checkpoint', 'dmo']])
    for (const source of [at, ['--data-dir', server.dir]])
      assert.match(run([...command, ...source]).stderr, /no workspace 'dmo'; did you mean 'demo'\?\n$/, command.join(' '));
  assert.match(run(['cat', 'demo/welcom', ...at]).stderr, /object welcom; did you mean 'welcome'\?/);
  assert.match(run(['ls', '--data-dir', join(dir, 'none')]).stderr, /--data-dir DIR, or a running server with --server URL/);
  assert.deepEqual([run(['quarantine', 'ls', ...at]).status, run(['quarantine', 'ls', ...at]).stdout], [0, '']);
});

test('tail of nothing follows from the end', kTest, async (t) => {
  const server = await Server.start(t);
  await put(server, 'demo/objects/welcome', 'Hello');
  assert.equal(run(['log', 'tail', 'demo', '-n', '0', '--json', '--server', server.url]).stdout, '');
  const { spawn } = await import('node:child_process');
  const { binary } = await import('./lib/server.mjs');
  const tail = spawn(binary, ['log', 'tail', 'demo', '-f', '-n', '0', '--json', '--server', server.url]);
  t.after(() => tail.kill());
  let printed = '';
  tail.stdout.on('data', (bytes) => (printed += bytes));
  await new Promise((wait) => setTimeout(wait, 800));
  await put(server, 'demo/objects/welcome', 'Hello again');
  await until(() => printed.includes('\n'));
  assert.deepEqual(lines(printed).map((line) => JSON.parse(line).position), [2]);
});

test('bash completes workspaces and objects of a server', kTest, async (t) => {
  const server = await Server.start(t);
  for (const object of ['demo/objects/notes%2Fplan', 'demo/objects/notes%2Ftodo', 'other/objects/x']) await put(server, object, 'Hello');
  const { binary } = await import('./lib/server.mjs');
  const complete = (line) => {
    const words = line.split(' ');
    const script = `source <("${binary}" completions bash); compopt() { :; }; COMP_LINE='${binary} ${line}'; COMP_WORDS=('${binary}' ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _syncline; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines(execFileSync('bash', ['-c', script], { encoding: 'utf8' }));
  };
  const at = `--server ${server.url}`;
  assert.deepEqual(complete(`cat ${at} d`), ['demo/']);
  assert.deepEqual(complete(`cat ${at} demo/notes/p`), ['demo/notes/plan']);
  assert.deepEqual(complete(`log show ${at} `).filter((word) => !word.startsWith('-')), ['demo', 'other']);
  assert.deepEqual(complete('cat --server http://127.0.0.1:1 d'), []);
});
