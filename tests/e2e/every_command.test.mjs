// Every command of the program, whatever it is called: its help, its errors, its exit codes, its JSON. The commands come
// from the program itself, so a new one is tested without being named here.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { run, scratch_dir, Server } from './lib/server.mjs';

const kTest = { timeout: 120_000 };

// A command with what its help says of it.
function read_help(path) {
  const { status, stdout, stderr } = run([...path, '--help']);
  assert.equal(status, 0, path.join(' '));
  assert.equal(stderr, '', path.join(' '));
  const section = (title) => stdout.split(`\n${title}:\n`)[1]?.split('\n\n')[0].split('\n') ?? [];
  const first_words = (lines) => lines.map((line) => /^ {2}(\S+)/.exec(line)?.[1]).filter(Boolean);
  return {
    path, help: stdout, name: ['syncline', ...path].join(' '), inner: first_words(section('Commands')),
    usage: /^Usage: (.*)$/m.exec(stdout)[1], has: (option) => new RegExp(`^ +(-\\w, )?${option}(?![\\w-])`, 'm').test(stdout),
  };
}

function all_commands(path = []) {
  const command = read_help(path);
  return [command, ...command.inner.flatMap((name) => all_commands([...path, name]))];
}

const kCommands = all_commands();
const kGroups = kCommands.filter(({ inner }) => inner.length > 0);
const kLeaves = kCommands.filter(({ inner }) => inner.length === 0);

// What stands for the arguments of the usage line, and what some commands want besides.
const kArguments = {
  'WORKSPACE/OBJECT': 'demo/welcome', 'WORKSPACE[/OBJECT]': 'demo/welcome', WORKSPACE: 'demo', POSITION: '1', FROM: '1', NAME: 'nightly',
  'NAME|DIR': 'nightly', OBJECT: 'welcome', PRINCIPAL: 'ann', SESSION: 'x', REVOCATION: 'x', ID: 'x', KEY: 'x', LEVELS: 'info', TENANT: 'acme',
};
const kPolicy = join(tmpdir(), `syncline-policy-${process.pid}`);
writeFileSync(kPolicy, 'permit(principal, action, resource);\n');
process.on('exit', () => rmSync(kPolicy, { force: true }));
const kValues = { '--to': 'principal:ann', '--role': 'editor', '--action': 'read', '--rights': 'read', '--policy': kPolicy };
const kMore = {
  'restore': ['--into', 'copy'], 'export': ['-o', 'DIR/out.bundle'], 'retention hold': ['--reason', 'x'], 'retention release': ['--reason', 'x'],
  'retention run': ['--confirm', 'demo'], 'sessions revoke': ['--principal', 'ann'], 'key create': ['--rights', 'read'],
};

// Those whose usage line says too little.
const kWhole = {
  'people erase': ['ann'],
  'policy explain': ['--workspace', 'demo', '--action', 'read'], 'policy set': ['demo', 'nightly', kPolicy],
  cp: ['demo/welcome', 'demo/other'], mv: ['demo/welcome', 'demo/other'] };

function arguments_of(command, dir) {
  const whole = kWhole[command.path.join(' ')];
  if (whole) return [...command.path, ...whole];
  const words = command.usage.replace(/^syncline( [a-z-]+)*/, '').replace('[OPTIONS]', '').trim().split(/\s+/).filter(Boolean);
  const given = [];
  for (let i = 0; i < words.length; ++i) {
    const word = words[i].replace(/…$/, '');
    if (word.startsWith('--')) given.push(word, kValues[word] ?? kArguments[words[i + 1]] ?? 'x'), ++i;
    else if (!/^\[[A-Z]/.test(word) || word === 'WORKSPACE[/OBJECT]') given.push(kArguments[word] ?? 'x');
  }
  const more = (kMore[command.path.join(' ')] ?? []).map((word) => word.replace('DIR', dir));
  const named = new Set(given);
  return [...command.path, ...given, ...(named.has(more[0]) ? [] : more)];
}

// One clear sentence on stderr, which begins with the name of the command, and nothing on stdout.
function refused(command, args, code, what) {
  const { status, stdout, stderr } = run(args);
  const told = `${args.join(' ')}: ${status}\n${stdout}${stderr}`;
  assert.equal(status, code, told);
  assert.equal(stdout, '', told);
  const lines = stderr.trimEnd().split('\n');
  assert.ok(lines[0].startsWith(`${command.name}: `), told);
  assert.ok(lines.length === 1 || (lines.length === 2 && lines[1] === `Try: ${command.name} --help`), told);
  assert.equal(lines.length === 2, code === 2 && lines[1] !== undefined, told);
  if (what) assert.match(lines[0], what, told);
}

const failure_of = (command) => (/^(diff|policy explain)$/.test(command.path.join(' ')) ? 2 : 1);

test('every command has help, with its options and an example', kTest, () => {
  assert.ok(kLeaves.length > 60, `${kLeaves.length}`);
  for (const { name, help, usage } of kLeaves) {
    assert.ok(usage.startsWith(name), help);
    assert.match(help, /^[A-Z][^]{5,200}?\.\n\nUsage: /, name);
    assert.match(help, /^ +-h, --help/m, name);
    for (const line of help.split('\n').filter((line) => !line.startsWith('  syncline'))) assert.ok([...line].length <= 100, `${name}: ${line}`);
  }
});

test('an unknown option is misuse, and so are a group alone and a missing argument', kTest, () => {
  for (const command of kCommands) refused(command, [...command.path, '--no-such-option'], 2, /unknown option '--no-such-option'/);
  for (const command of kGroups.filter(({ path }) => path.length > 0)) refused(command, command.path, 2, /which command\? One of /);
  const demanding = kLeaves.filter(({ usage }) => /\[OPTIONS\] (--)?[A-Za-z]/.test(usage));
  assert.ok(demanding.length > 40);
  for (const command of demanding) refused(command, command.path, 2, / is required/);
});

test('a data directory that is not there is an error, and stays away', kTest, (t) => {
  const dir = scratch_dir(t);
  const none = join(dir, 'none');
  const makes_one = /^(serve|import|backup restore|key .*|bench|chaos|sim)$/;
  const asked = kLeaves.filter((command) => command.has('--data-dir') && !makes_one.test(command.path.join(' ')));
  assert.ok(asked.length > 30, `${asked.length}`);
  for (const command of asked) refused(command, [...arguments_of(command, dir), '--data-dir', none], failure_of(command));
  assert.deepEqual(readdirSync(dir), []);
});

test('a server that is not there is an error, and a bad address is misuse', kTest, (t) => {
  const dir = scratch_dir(t);
  const asked = kLeaves.filter((command) => command.has('--server') && !/^(import|put|backup check|log verify|log deleted|key revoke|chaos|bench)$/.test(command.path.join(' ')));
  assert.ok(asked.length > 40, `${asked.length}`);
  for (const command of asked) {
    const args = arguments_of(command, dir);
    refused(command, [...args, '--server', 'http://127.0.0.1:1'], failure_of(command), /cannot connect/);
    for (const bad of ['127.0.0.1:4400', 'http://', 'http://a b', 'http://h:port', 'http://h:0', 'http://h/?x'].slice(0, command.path.length > 1 ? 2 : 6))
      refused(command, [...args, '--server', bad], 2, /not a URL/);
  }
  assert.deepEqual(readdirSync(dir), []);
});

test('a directory of somebody else is refused, and nothing is written into it', kTest, (t) => {
  const dir = scratch_dir(t);
  mkdirSync(join(dir, 'log'));
  for (const file of ['thesis.txt', 'log/app.log']) {
    writeFileSync(join(dir, file), 'mine');
    const { status, stderr } = run(['serve', '--data-dir', dir, '--port', '0']);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /is no data directory, and not empty/);
    assert.equal(existsSync(join(dir, 'LOCK')), false);
  }
});

test('--json prints one JSON value a line, of every command that reads', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--checkpoint-seconds', '0'] });
  const put = await fetch(`${server.url}/v1/workspaces/demo/objects/welcome?root=content`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: 'Hello' });
  assert.ok(put.ok);
  const changes_something = /^(serve|rm|mv|cp|restore|undelete|export|import|backup.*|retention (run|set|grace|hold|release)|quarantine lift|shut lift|policy .*|key .*|tenant .*|webhook .*|people .*|sessions .*|reload|pin (set|rm)|share .*)$/;
  let seen = 0;
  for (const command of kLeaves.filter((each) => each.has('--json') && each.has('--server') && !changes_something.test(each.path.join(' ')))) {
    const more = command.path[0] === 'top' ? ['--interval', '1'] : [];
    const { status, stdout, stderr } = run([...arguments_of(command, server.dir), '--json', '--server', server.url, ...more]);
    assert.ok(stdout !== '' || stderr !== '' || status === 0, command.name);
    for (const line of stdout.split('\n').filter(Boolean)) assert.doesNotThrow(() => JSON.parse(line), `${command.name}: ${line}`);
    if (stdout !== '') ++seen;
  }
  assert.ok(seen >= 9, `${seen} printed something`);
});
