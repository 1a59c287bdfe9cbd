// A real `syncline serve`, on a free port of this machine, with a data directory of its own.
//
// Every server is ended by its own process, by pid, when the test ends, however it ends; what it printed is shown if it
// did not end well. Its directory goes after it.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until, within } from './wait.mjs';

export const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
export const binary = resolve(process.env.SYNCLINE_BINARY ?? join(repository, 'build/release/syncline'));

const kStartMs = 20_000;
// Checkpoints are signed as soon as something was appended.
export const kSignAtOnce = ['--checkpoint-seconds', '0'];
const running = new Set();
const directories = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const dir of directories) remove(dir);
});

const ends = new WeakMap();

// Has `clear` called when the test has ended, before what was asked for earlier: a server ends before the directory that
// it writes to goes. (The hooks of node:test run the first first.)
export function at_end(t, clear) {
  if (!ends.has(t)) {
    const stack = [];
    ends.set(t, stack);
    t.after(async () => {
      const results = [];
      while (stack.length > 0) results.push(...(await Promise.allSettled([stack.pop()()])));
      const failed = results.find(({ status }) => status === 'rejected');
      if (failed) throw failed.reason;
    });
  }
  ends.get(t).push(clear);
}

function remove(dir) {
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  directories.delete(dir);
}

export function scratch_dir(t, name = 'data') {
  const dir = mkdtempSync(join(tmpdir(), `syncline-${name}-`));
  directories.add(dir);
  at_end(t, async () => remove(dir));
  return dir;
}

// A clean environment: no token or setting of whoever runs the tests.
function environment(extra) {
  const rest = Object.entries(process.env).filter(([name]) => !name.startsWith('SYNCLINE_'));
  return { ...Object.fromEntries(rest), NO_COLOR: '1', ...extra };
}

// Runs the program to its end: { status, stdout, stderr }.
export function run(args, { env = {}, ms = kStartMs, input } = {}) {
  const done = spawnSync(binary, args, { env: environment(env), timeout: ms, encoding: 'utf8', input });
  if (done.error) throw done.error;
  return done;
}

export class Server {
  constructor(options) {
    this.options = options;
    this.dir = options.dir;
    this.port = options.port ?? 0;
    this.stderr = '';
    this.stdout = '';
  }

  // Options: dir, port, args (more of them), env, wrap (a command that the program is run by), json.
  static async start(t, options = {}) {
    if (!existsSync(binary)) throw new Error(`${binary} is not built; SYNCLINE_BINARY names another`);
    const server = new Server({ ...options, dir: options.dir ?? scratch_dir(t) });
    at_end(t, () => server.kill());
    await server.launch();
    return server;
  }

  // Starts the process; resolves when it listens. Rejects with what it printed if it ends instead.
  async launch() {
    const { args = [], env = {}, wrap = [] } = this.options;
    const command = [...wrap, binary, 'serve', '--json', '--data-dir', this.dir, '--port', String(this.port), ...args];
    const child = spawn(command[0], command.slice(1), { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.stderr = '';
    this.stdout = '';
    running.add(child);
    this.ended = new Promise((ended) => {
      child.on('error', (error) => {
        this.stderr += String(error);
        ended({ code: null, signal: null });
      });
      child.on('exit', (code, signal) => {
        running.delete(child);
        ended({ code, signal });
      });
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
    const listening = new Promise((found) => {
      child.stdout.setEncoding('utf8').on('data', (text) => {
        this.stdout += text;
        const line = this.stdout.split('\n').find((l) => l.includes('"listening"'));
        if (line !== undefined && this.stdout.includes('\n')) found(JSON.parse(line));
      });
    });
    const first = await within(Promise.race([listening, this.ended]), 'the server listens', kStartMs);
    if (first.event !== 'listening') {
      throw new Error(`the server ended (${JSON.stringify(first)}): ${this.stderr || this.stdout}`);
    }
    this.announced = first;
    this.url = first.url;
    this.port = first.port;
    this.ws = this.url.replace(/^http/, 'ws');
  }

  get pid() {
    return this.child.pid;
  }

  y(workspace) {
    return `${this.ws}/y/${workspace}`;
  }

  hocuspocus(workspace) {
    return `${this.ws}/hocuspocus/${workspace}`;
  }

  // Kills with SIGKILL by default, as a power cut would; resolves when the process is gone.
  async kill(signal = 'SIGKILL', ms = 15_000) {
    if (this.child && running.has(this.child)) this.child.kill(signal);
    return within(this.ended ?? Promise.resolve({}), `the server ends after ${signal}`, ms);
  }

  async restart() {
    await this.kill();
    await this.launch();
  }

  async get(path, headers = {}) {
    const response = await within(fetch(this.url + path, { headers }), `GET ${path}`);
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async json(path, headers = {}) {
    const { status, text } = await this.get(path, headers);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
    return JSON.parse(text);
  }

  // The state of an object as the HTTP API gives it.
  async object(workspace, object) {
    const path = object.split('/').map(encodeURIComponent).join('/');
    return (await this.json(`/v1/workspaces/${workspace}/objects/${path}`)).state;
  }

  // Waits until a checkpoint covers the whole log of the workspace. Start the server with `kSignAtOnce`.
  async signed(workspace) {
    await until(async () => {
      const { status, text } = await this.get(`/v1/workspaces/${workspace}/checkpoint`);
      const size = status === 200 ? Number(text.split('\n')[1]) : 0;
      return size > 0 && (await this.get(`/v1/workspaces/${workspace}/log?after=${size}&limit=1`)).text === '';
    }, `the log of ${workspace} is signed`);
  }

  // A value of /metrics by its name without "syncline_".
  async metric(name) {
    const { text } = await this.get('/metrics');
    const line = text.split('\n').find((l) => l.startsWith(`syncline_${name} `));
    if (line === undefined) throw new Error(`/metrics has no syncline_${name}`);
    return Number(line.split(' ')[1]);
  }

  async quiet() {
    await until(async () => (await this.metric('websockets')) === 0, 'all WebSockets are gone');
  }
}
