// The servers that are measured, and how each is started: one process, on 127.0.0.1, with its own data directory.

import path from 'node:path'

const here = import.meta.dirname

// `command`: program and arguments for {port, data, relay: options for the relay}. `load`: how the generator speaks to it.
// `stores`: documents survive a restart, if it happens at least `hold` seconds after the last change.
export const relay = program => ({
  name: 'relay',
  command: ({ port, relay }) => [program, '--port', port, ...relay],
  load: []
})

// With its default durability: an update is acknowledged, and shown to others, after it is synced to disk. Clients that
// write ask for the acknowledgements, and the generator expects one for each update.
export const syncline = (name, program, extra = []) => ({
  name,
  command: ({ port, data }) => [program, 'serve', '--data-dir', data, '--port', port, ...extra],
  load: ['--path', '/y/bench/', '--saves', '1'],
  // One address opens all connections here, and sends as fast as the server takes it; no other server has rates
  // (docs/rates.md). In the environment, because an older binary does not know the options.
  environment: () => Object.fromEntries(['RATE_MESSAGES', 'RATE_MIB', 'RATE_PRESENCE', 'RATE_BROADCASTS', 'RATE_JOINS',
    'RATE_REQUESTS', 'RATE_CONNECTIONS', 'MAX_CONNECTIONS_PER_ADDRESS'].map(limit => [`SYNCLINE_${limit}`, '0'])),
  stores: true,
  hold: 0
})

// The same server over TLS, with this certificate and its key (PEM files).
export const synclineTls = (name, program, { certificate, key }, extra = []) => {
  const plain = syncline(name, program, [...extra, '--tls-cert', certificate, '--tls-key', key])
  return { ...plain, load: [...plain.load, '--tls', '1'] }
}

// The same server over its other protocol, for a comparison with Hocuspocus.
export const synclineHocuspocus = (name, program, extra = []) => ({
  ...syncline(name, program, extra),
  load: ['--path', '/hocuspocus/bench', '--protocol', 'hocuspocus', '--saves', '1']
})

// The published servers with their defaults. Hocuspocus stores a document some seconds after a change (start.mjs). The
// server of y-websocket keeps documents in memory only.
export const peers = [
  {
    name: 'hocuspocus',
    folder: path.join(here, 'peers/hocuspocus'),
    command: ({ port, data }) => [process.execPath, path.join(here, 'peers/hocuspocus/start.mjs'), port, data],
    load: ['--protocol', 'hocuspocus'],
    stores: true,
    hold: 4
  },
  {
    name: 'y-websocket-server',
    folder: path.join(here, 'peers/y-websocket-server'),
    command: () => [process.execPath, path.join(here, 'peers/y-websocket-server/node_modules/@y/websocket-server/src/server.js')],
    environment: ({ port }) => ({ HOST: '127.0.0.1', PORT: port }),
    load: [],
    stores: false
  }
]
