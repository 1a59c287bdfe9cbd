// Hocuspocus with its extension for SQLite. It stores a document as soon as it has changed.
//
//   node hocuspocus.mjs PORT FILE [TOKEN]       with a token: lets in only who sends it

import { SQLite } from '@hocuspocus/extension-sqlite';
import { Server } from '@hocuspocus/server';

const [port, database, wanted] = process.argv.slice(2);
const server = new Server({
  address: '127.0.0.1',
  port: Number(port),
  quiet: true,
  debounce: 0,
  extensions: [new SQLite({ database })],
  async onAuthenticate({ token }) {
    if (wanted && token !== wanted) throw new Error('wrong token');
  },
});
await server.listen();
console.log('listening');
