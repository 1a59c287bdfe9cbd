// Compares Syncline's document engine with the published ones, on this machine and in one run.
//
//   node run.mjs PROGRAM TRACES [OUTPUT.md]      PROGRAM: crdt_peer_bench
//
// BENCH_SECONDS (450) bounds the whole run, BENCH_LIMIT_SECONDS (6) the CPU time of one measurement (half of it where less
// depends on it), BENCH_ONLY (a regular expression) limits the groups; BENCH_QUICK=1 measures a choice of them. Without
// TRACES the cases that need them are left out, and the output says so. Every engine works in a process of its own; for each group of cases the engines take
// their turn before the next group starts, and the groups are gone through again and again until the time is up: first
// by the quick engines, so that little time shows much, then by all. What is told is the median over these rounds.
// Groups that matter most come first. The output is written anew after each group.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { engines, table } from './report.mjs'

const [program, traces, output] = process.argv.slice(2)
const here = import.meta.dirname
const seconds = Number(process.env.BENCH_SECONDS ?? 450)
const only = new RegExp(process.env.BENCH_ONLY ?? '.')
const deadline = Date.now() + seconds * 1000
const kRounds = 4
const kProcessSeconds = group => group[1] === '10000000' ? 150 : 60
const limit = Number(process.env.BENCH_LIMIT_SECONDS ?? 6)
const quick = process.env.BENCH_QUICK === '1'
const traced = fs.existsSync(path.join(traces, 'sequential_traces'))

const sequential = ['automerge-paper', 'friendsforever_flat', 'clownschool_flat', 'sveltecomponent', 'rustcode', 'seph-blog1']
const groups = [
  ['trace', 'automerge-paper'],
  ['concurrent', 'friendsforever'],
  ['concurrent', 'clownschool'],
  ['memory', 'automerge-paper'],
  ...(quick ? [1000, 100000, 1000000] : [1000, 10000, 100000, 1000000]).map(n => ['grow', String(n)]),
  ['b1'], ['b2'], ['b3'],
  ...(quick
    ? []
    : [
        ...sequential.slice(1).map(name => ['trace', name]),
        ...sequential.slice(1).map(name => ['memory', name]),
        ['grow', '10000000'], ['b4', '10'], ['b4', '100']
      ])
].filter(group => only.test(group.join(' ')) && (traced || !['trace', 'concurrent', 'memory', 'b4'].includes(group[0])))
const isMain = ([name, argument]) => name === 'concurrent' || name === 'b1' || name === 'b2' || argument === 'automerge-paper'
if (!traced) console.error(`no recorded traces in ${traces}: their cases are left out`)

// {case: {engine: [result…]}}
const results = {}
const measured = new Set()

const start = (engine, group) => {
  const own = engine.program !== undefined
  const command = own ? program : process.execPath
  const args = own ? [engine.program] : ['--expose-gc', '--max-old-space-size=4096', path.join(here, 'peer.mjs'), engine.module]
  const left = Math.min(kProcessSeconds(group) * 1000, deadline - Date.now())
  const child = spawnSync(command, [...args, traces, ...group], {
    encoding: 'utf8',
    timeout: left,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 26,
    env: { ...process.env, BENCH_LIMIT_SECONDS: String(isMain(group) ? limit : limit / 2) }
  })
  for (const line of (child.stdout ?? '').split('\n')) {
    if (!line.startsWith('{') || !line.endsWith('}')) continue
    const { case: name, ...result } = JSON.parse(line)
    ;((results[name] ??= {})[engine.name] ??= []).push(result)
    if (result.over) engine.slow.add(group.join(' '))
  }
  if (child.error?.code === 'ETIMEDOUT') engine.slow.add(group.join(' '))
  else if (child.status !== 0) console.error(`${engine.name}, ${group.join(' ')}: ${child.stderr?.trim().slice(-300)}`)
}

const load = () => fs.readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')

const began = { date: new Date(), load: load() }
const write = () => {
  const skipped = groups.flatMap(group => {
    const lacking = engines.filter(engine => !engine.skip?.(group) && !measured.has(`${group.join(' ')} ${engine.name}`))
    return lacking.length === 0 ? [] : [`${group.join(' ')} (${lacking.length === engines.length ? 'all' : lacking.map(engine => engine.name).join(', ')})`]
  })
  const text = table(results, { began, ended: { date: new Date(), load: load() }, skipped, untraced: traced ? undefined : traces })
  if (output) fs.writeFileSync(output, text)
  return text
}

for (const engine of engines) engine.slow = new Set()
for (let round = 0; round < kRounds; round++) {
  for (const group of groups) {
    const name = group.join(' ')
    for (const engine of engines) {
      if (engine.skip?.(group) || (round === 0 && !engine.quick)) continue
      // What an engine could not finish in time it is not asked again.
      if (engine.slow.has(name)) continue
      if (Date.now() > deadline - 1000) continue
      start(engine, group)
      measured.add(`${name} ${engine.name}`)
    }
    if (Date.now() > deadline) continue
    write()
    console.error(`round ${round + 1}: ${name}`)
  }
}

console.log(write())
