// kill -9 between appends: what was acknowledged is there once, in order, and nothing twice. The published client is
// producer and reader. Its producer numbers its appends and leaves it to fetch to send again what was not answered.

import { DurableStream, IdempotentProducer, stream } from '@durable-streams/client';
import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from '../e2e/lib/server.mjs';

const kKills = Number(process.env.SYNCLINE_KILLS ?? 4);
const kProducers = 3;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Sends a request until it is answered: while the server is away, and if it died before it answered.
async function persistent_fetch(url, options) {
  for (;;) {
    try {
      return await fetch(url, options);
    } catch {
      await sleep(20);
    }
  }
}

// Appends numbered messages until stop().
class Writer {
  constructor(url, name) {
    this.name = name;
    this.sent = 0;
    this.errors = [];
    const handle = new DurableStream({ url, contentType: 'application/json' });
    this.producer = new IdempotentProducer(handle, name, { lingerMs: 1, maxInFlight: 3, fetch: persistent_fetch, onError: (error) => this.errors.push(error) });
    this.writing = true;
    this.done = this.write();
  }

  async write() {
    while (this.writing) {
      this.producer.append(JSON.stringify({ by: this.name, n: this.sent++ }));
      await sleep(2);
    }
    await this.producer.flush();
  }

  stop() {
    this.writing = false;
    return this.done;
  }
}

test('kill -9 between appends loses nothing and doubles nothing', { timeout: 120_000 }, async (t) => {
  const server = await Server.start(t);
  const url = `${server.url}/streams/w/jobs/log`;
  await DurableStream.create({ url, contentType: 'application/json' });
  const writers = Array.from({ length: kProducers }, (_, i) => new Writer(url, `producer-${i}`));

  // A reader who follows all the while, from a place that it stores.
  const seen = [];
  let reading = true;
  const reader = (async () => {
    let offset = '-1';
    while (reading) {
      try {
        const response = await stream({ url, offset, live: false, backoffOptions: { maxRetries: 0 } });
        seen.push(...(await response.json()));
        offset = response.offset;
      } catch {
        // The server is away.
      }
      await sleep(10);
    }
  })();

  for (let kill = 0; kill < kKills; ++kill) {
    await sleep(150 + 40 * (kill % 4));
    await server.restart();
  }
  await sleep(200);
  await Promise.all(writers.map((writer) => writer.stop()));
  for (const writer of writers) assert.deepEqual(writer.errors, [], writer.name);

  const all = await (await stream({ url, offset: '-1', live: false })).json();
  for (const writer of writers) {
    const numbers = all.filter(({ by }) => by === writer.name).map(({ n }) => n);
    assert.deepEqual(numbers, Array.from({ length: writer.sent }, (_, n) => n), `${writer.name}: each once, in order`);
  }
  reading = false;
  await reader;
  assert.deepEqual(seen, all.slice(0, seen.length), 'whoever followed saw the same');
  assert.ok(seen.length > 0);
  console.log(`${all.length} messages over ${kKills} kills`);
});

test('an append that was acknowledged is known again after kill -9', { timeout: 60_000 }, async (t) => {
  const server = await Server.start(t);
  const url = `${server.url}/streams/w/plain`;
  const send = (seq, body) => fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'text/plain', 'Producer-Id': 'p', 'Producer-Epoch': '0', 'Producer-Seq': String(seq) },
    body,
  });
  assert.equal((await fetch(url, { method: 'PUT', headers: { 'Content-Type': 'text/plain' } })).status, 201);
  for (let seq = 0; seq < 4; ++seq) {
    const first = await send(seq, `${seq},`);
    assert.equal(first.status, 200);
    await server.restart();
    const again = await send(seq, `${seq},`);
    assert.equal(again.status, 204, `append ${seq} is known`);
    assert.equal(again.headers.get('Stream-Next-Offset'), first.headers.get('Stream-Next-Offset'));
    assert.equal(again.headers.get('Producer-Seq'), String(seq));
  }
  const text = await (await fetch(url)).text();
  assert.equal(text, Array.from({ length: 4 }, (_, seq) => `${seq},`).join(''));
});
