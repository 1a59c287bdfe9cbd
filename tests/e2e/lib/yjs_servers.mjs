// The published servers of tests/yjs_servers, each a process of its own that ends with the test.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { at_end, repository } from './server.mjs';
import { until, within } from './wait.mjs';

const folder = join(repository, 'tests/yjs_servers');

export async function free_port() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function launch(t, words, env) {
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const ended = once(child, 'exit');
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    await within(ended, 'a server ends');
  };
  at_end(t, () => stop('SIGKILL'));
  await until(() => /running|listening/.test(printed) || child.exitCode !== null, 'a server listens');
  if (child.exitCode !== null) throw new Error(`the server ended: ${printed}`);
  return stop;
}

// y-websocket's server with a LevelDB folder: { url, stop }.
export async function y_websocket_server(t, leveldb) {
  const port = await free_port();
  const stop = await launch(t, ['node_modules/@y/websocket-server/src/server.js'], {
    HOST: '127.0.0.1',
    PORT: String(port),
    YPERSISTENCE: leveldb,
  });
  return { url: `ws://127.0.0.1:${port}`, stop };
}

// Hocuspocus with a SQLite database: { url, stop }.
export async function hocuspocus_server(t, database, token = '') {
  const port = await free_port();
  const stop = await launch(t, ['hocuspocus.mjs', String(port), database, token], {});
  return { url: `ws://127.0.0.1:${port}`, stop };
}
