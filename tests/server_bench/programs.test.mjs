// The generator, the relay and the driver as programs, with tiny numbers: deliveries are counted exactly, and a lost update
// is noticed. Each server has its own port and is ended by its id.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { after, test } from 'node:test'
import { start } from '../../bench/server/servers.mjs'
import { relay } from '../../bench/server/subjects.mjs'

const root = path.resolve(import.meta.dirname, '../..')
const programs = process.env.SERVER_BENCH_PROGRAMS ?? path.join(root, 'build/bench/bench')
const binary = process.env.SYNCLINE_BINARY
const load = path.join(programs, 'server_bench_load')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'server-bench-'))
after(() => fs.rmSync(folder, { recursive: true, force: true }))

const run = (program, args) => new Promise((resolve, reject) => {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  let out = ''
  let err = ''
  child.stdout.on('data', data => (out += data))
  child.stderr.on('data', data => (err += data))
  child.on('error', reject)
  child.on('close', status => resolve({ status, out, err }))
})

let relays = 0
// What the generator printed, and its status, from a relay of its own.
const underRelay = async (relayOptions, scenario, options) => {
  const server = await start(relay(path.join(programs, 'server_bench_relay')), {
    data: folder, log: path.join(folder, `relay-${++relays}`), relay: ['--limit', '60', ...relayOptions]
  })
  try {
    const { status, out, err } = await run(load, [scenario, '--port', server.port, '--pid', server.pid, ...options.split(' ')])
    return { status, err, figures: out ? JSON.parse(out) : undefined }
  } finally {
    await server.stop()
  }
}

const concurrently = { concurrency: true }

test('programs', concurrently, async t => {
  await Promise.all([
    t.test('at a rate, every update is counted once at every other client', async () => {
      const { status, figures } = await underRelay([], 'traffic', '--documents 2 --clients 4 --writers 2 --rate 50 --warm 0.2 --seconds 0.5')
      assert.equal(status, 0)
      // 4 writers at 50 a second for 0.7 s.
      assert.ok(figures.sent > 60 && figures.sent <= 140, `${figures.sent} sent`)
      assert.equal(figures.delivered, figures.sent * 3)
      assert.equal(figures.missing, 0)
      assert.ok(figures.us_cpu_per_delivery > 0 && figures.latency_ms_p50 > 0 && figures.peak_mb > 0)
    }),

    t.test('flat out, too, and faster', async () => {
      const { status, figures } = await underRelay([], 'traffic', '--documents 2 --clients 4 --writers 2 --warm 0.1 --seconds 0.3')
      assert.equal(status, 0)
      assert.ok(figures.sent > 100, `${figures.sent} sent`)
      assert.equal(figures.delivered, figures.sent * 3)
    }),

    t.test('an update that is lost is missed', async () => {
      const { status, figures } = await underRelay(['--lose', '10'], 'traffic', '--clients 3 --rate 100 --warm 0 --seconds 0.5 --drain 0.2')
      assert.equal(status, 1)
      // Nothing behind the gap is in order.
      assert.equal(figures.delivered, 9 * 2)
      assert.equal(figures.missing, figures.sent * 2 - figures.delivered)
    }),

    t.test('handshakes, memory and idle connections', async () => {
      const came = await underRelay([], 'handshakes', '--documents 5 --clients 20 --waves 2 --rest 0')
      assert.equal(came.status, 0)
      assert.ok(came.figures.handshakes_per_s > 0)
      const held = await underRelay([], 'memory', '--documents 5 --clients 10 --rest 0')
      assert.equal(held.status, 0)
      assert.ok(held.figures.resident_mb > 0)
      const idle = await underRelay([], 'idle', '--documents 2 --clients 30 --silence 0 --seconds 1')
      assert.equal(idle.status, 0)
      assert.equal(idle.figures.presence_missing, 0)
      assert.ok(idle.figures.presence_per_s > 0)
    }),

    t.test('a long document reaches everybody whole', async () => {
      const { status, figures } = await underRelay(['--remember', '1'], 'load', '--clients 5 --waves 2 --runs 300')
      assert.equal(status, 0)
      assert.ok(figures.mb_to_clients > 0)
    }),

    t.test('who does not get all of it is not synced', async () => {
      // This relay remembers nothing, so that the first who asks waits in vain, until the limit ends the generator.
      const { status, figures } = await underRelay([], 'load', '--clients 1 --waves 1 --runs 10 --limit 2')
      assert.equal(status, null)
      assert.equal(figures, undefined)
    }),

    t.test('a storm brings back what was missed', async () => {
      const { status, figures } = await underRelay(['--remember', '10'], 'storm', '--documents 2 --clients 3 --updates 40 --lacking 10 --waves 2')
      assert.equal(status, 0)
      assert.equal(figures.sent, 2 * 40)
      assert.equal(figures.delivered, 2 * 40 * 3)
    }),

    t.test('mistakes in the command line are told', async () => {
      assert.match((await run(load, ['traffic', '--port', '1', '--cleints', '3'])).err, /unknown option --cleints/)
      assert.match((await run(load, ['nothing', '--port', '1'])).err, /unknown scenario nothing/)
      assert.match((await run(load, ['traffic', '--port', '1', '--rate', 'x'])).err, /--rate takes a number/)
      assert.equal((await run(load, ['traffic'])).status, 2)
    }),

    t.test('the driver measures a server beside the relay and compares it', { skip: !binary && 'no syncline binary' }, async () => {
      const json = path.join(folder, 'driver.json')
      const markdown = path.join(folder, 'driver.md')
      const driver = path.join(root, 'bench/server/run.mjs')
      const { status, out, err } = await run(process.execPath, [driver, '--tiny', '--only', '^(fan-out|cold load)$', '--programs', programs,
        '--data', path.join(folder, 'data'), '--syncline', binary, '--also-tls', '--json', json, '--markdown', markdown])
      assert.equal(status, 0, err)
      const result = JSON.parse(fs.readFileSync(json, 'utf8'))
      assert.deepEqual(result.subjects, ['relay', 'syncline', 'syncline, TLS'])
      assert.deepEqual(result.runs.flatMap(run => run.complaints), [])
      assert.deepEqual([...new Set(result.rows.map(row => row.scenario))], ['fan-out', 'cold load'])
      for (const row of result.rows)
        for (const subject of ['syncline', 'syncline, TLS']) assert.ok(row.of[subject].value.median > 0, row.figure.label)
      assert.equal(fs.readFileSync(markdown, 'utf8'), out.trimEnd() + '\n')

      // The same runs again, with a baseline that was twice as good.
      const better = result.runs.filter(run => run.subject === 'syncline').map(run => ({
        ...run,
        subject: 'baseline',
        figures: Object.fromEntries(Object.entries(run.figures).map(([key, value]) => [key, value / 2]))
      }))
      fs.writeFileSync(json, JSON.stringify({ ...result, baseline: true, subjects: [...result.subjects, 'baseline'], runs: [...result.runs, ...better] }))
      const again = await run(process.execPath, [driver, '--from', json])
      assert.equal(again.status, 1)
      assert.match(again.out, /^fan-out: CPU a delivery, µs is \+100 % worse than the baseline's/m)
    })
  ])
})
