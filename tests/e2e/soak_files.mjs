// soak_files.mjs [GB]: a file of so many GB (5 by default) flows up and down through a server of 256 MB. Ends with 1 if the
// bytes differ or the server has used more. Needs about that much free disk in TMPDIR.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Server } from './lib/server.mjs';

const kMiB = 1 << 20;
const kMemoryMiB = 256;
const pieces = Math.ceil((Number(process.argv[2] ?? 5) * 1e9) / kMiB);
const bytes = pieces * kMiB;

const dir = mkdtempSync(join(tmpdir(), 'syncline-files-'));
const server = new Server({ dir, args: ['--memory-mib', String(kMemoryMiB)] });
const peak_mib = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;
const seconds = (since) => (Date.now() - since) / 1000;
const rate = (since) => `${seconds(since).toFixed(1)} s, ${(bytes / 1e6 / seconds(since)).toFixed(0)} MB/s`;

// Every piece differs from every other, so nothing is stored once for all.
function* content(hash) {
  const piece = Buffer.alloc(kMiB, 'a file that is larger than the memory of the server. ');
  for (let i = 0; i < pieces; ++i) {
    piece.writeUInt32BE(i);
    hash.update(piece);
    yield Buffer.from(piece);
  }
}

// The body goes out as the server takes it.
async function send(url, headers, body) {
  const sending = request(url, { method: 'PATCH', headers: { ...headers, 'Content-Length': bytes } });
  const answered = once(sending, 'response');
  await pipeline(Readable.from(body), sending);
  const [answer] = await answered;
  answer.resume();
  return answer.statusCode;
}

async function flow() {
  const headers = { 'Tus-Resumable': '1.0.0' };
  const made = await fetch(`${server.url}/v1/workspaces/team/uploads/big`, { method: 'POST', headers: { ...headers, 'Upload-Length': bytes } });
  if (made.status !== 201) throw new Error(`the upload does not begin: ${made.status}`);
  const url = new URL(made.headers.get('location'), made.url);
  const sent = createHash('sha256');
  const up = Date.now();
  const status = await send(url, { ...headers, 'Upload-Offset': 0, 'Content-Type': 'application/offset+octet-stream' }, content(sent));
  if (status !== 204) throw new Error(`the upload does not end: ${status}`);
  console.log(`up: ${bytes} bytes, ${rate(up)}`);
  const down = Date.now();
  const got = createHash('sha256');
  for await (const part of (await fetch(`${server.url}/v1/workspaces/team/files/big`)).body) got.update(part);
  console.log(`down: ${rate(down)}`);
  if (got.digest('hex') !== sent.digest('hex')) throw new Error('the bytes differ');
  console.log(`memory of the server at its peak: ${peak_mib().toFixed(0)} MiB`);
  if (peak_mib() > kMemoryMiB) throw new Error(`it is to have ${kMemoryMiB} MiB`);
}

try {
  await server.launch();
  await flow();
} catch (error) {
  console.error(error.message, server.stderr);
  process.exitCode = 1;
} finally {
  await server.kill('SIGTERM', 60_000);
  rmSync(dir, { recursive: true, force: true });
}
