// The published servers of tests/yjs_servers, each a process of its own that ends with the test.

import { spawn, spawnSync } from 'node:child_process';
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

// A private authority, and certificates of it: { ca, certificate(names, days) }, each the paths of PEM files.
export function authority(dir) {
  const openssl = (...args) => {
    const done = spawnSync('openssl', args, { cwd: dir, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(done.stderr);
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=a private authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  let count = 0;
  return {
    ca: join(dir, 'ca.pem'),
    certificate(names, days = 2) {
      const name = `leaf${++count}`;
      openssl('req', ...key, '-subj', '/CN=a server', '-addext', `subjectAltName=${names}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-copy_extensions', 'copy',
        '-days', String(days), '-out', `${name}.pem`);
      return { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`) };
    },
  };
}

// TLS in front of a server: its URL, with the host "localhost".
export async function tls_front(t, { cert, key }, url) {
  const child = spawn(process.execPath, [join(repository, 'tests/e2e/lib/tls_front.mjs'), cert, key, new URL(url).port], { stdio: ['ignore', 'pipe', 'inherit'] });
  at_end(t, async () => { child.kill('SIGKILL'); });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  await until(() => /listening \d+/.test(printed), 'TLS listens');
  return `wss://localhost:${/listening (\d+)/.exec(printed)[1]}`;
}
