// A process that ends TLS in front of a plain server:  node tls_front.mjs CERTIFICATE KEY PORT
// It prints the port that it listens on. Callers that wait for a command cannot serve meanwhile, so it is a process of its own.

import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

const [certificate, key, port] = process.argv.slice(2);
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (client) => {
  const behind = connect(Number(port), '127.0.0.1');
  for (const socket of [client, behind]) socket.on('error', () => { client.destroy(); behind.destroy(); });
  client.pipe(behind).pipe(client);
});
server.on('tlsClientError', () => {});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
