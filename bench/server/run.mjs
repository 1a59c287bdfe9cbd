// Measures several servers in one run. `--help` lists the options; docs/server-bench.md explains the figures.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { median, rowsOf } from './figures.mjs'
import { loadAverage, machine, syncTime, versionOf } from './machine.mjs'
import { measure } from './measure.mjs'
import { markdown, verdict, write } from './report.mjs'
import { scenarios } from './scenarios.mjs'
import { makeCertificate } from './servers.mjs'
import { peers, relay, syncline, synclineHocuspocus, synclineTls } from './subjects.mjs'

const root = path.resolve(import.meta.dirname, '../..')

const kHelp = `usage: scripts/bench-server.sh [OPTION]...

Measures a Syncline binary beside a bare relay and two published servers, in one run, and prints medians and ratios to
the relay. Everything stays on 127.0.0.1 and ends by itself: after about 25 minutes, or 6 minutes with --quick.

  --syncline PATH      the binary to measure (build/release/syncline)
  --baseline PATH      an older binary, measured in the same rounds; the status is 1 if a figure is more than 10 % worse
                       than its, by the medians of the ratios to the relay
  --rounds N           rounds of relay, Syncline and baseline (5; --quick: 2)
  --peer-rounds N      of these, rounds in which the peers take part (2; --quick: 1; 0: none)
  --only REGEX         only scenarios whose name matches
  --list               describes the scenarios, and ends
  --quick              shorter runs, fewer connections, fewer rounds
  --tiny               only tests that everything works; the figures mean nothing
  --also-hocuspocus    measures Syncline's Hocuspocus protocol too, in the peers' rounds
  --also-tls           measures Syncline over TLS too, in all rounds
  --syncline-args TEXT further arguments for \`syncline serve\`, of both binaries
  --json FILE          all runs and figures; written after each round
  --markdown FILE      the table; between the marks of a file that has them, such as docs/server-bench.md
  --from FILE          reports the runs of an earlier --json again, and measures nothing
  --programs FOLDER    where server_bench_load and server_bench_relay are (build/bench/bench)
  --data FOLDER        where the servers keep their data meanwhile (build/server-bench)
  --core N             the core that the generator runs on (the last); servers run on all
  --help

The status is 0; 1 if a figure is worse than the baseline's; 2 if Syncline or the relay lost an update or refused a client,
or if nothing could be measured.`

const { values: options } = parseArgs({
  options: {
    syncline: { type: 'string', default: path.join(root, 'build/release/syncline') },
    baseline: { type: 'string' },
    rounds: { type: 'string' },
    'peer-rounds': { type: 'string' },
    only: { type: 'string', default: '.' },
    list: { type: 'boolean' },
    quick: { type: 'boolean' },
    tiny: { type: 'boolean' },
    'also-hocuspocus': { type: 'boolean' },
    'also-tls': { type: 'boolean' },
    'syncline-args': { type: 'string', default: '' },
    json: { type: 'string' },
    markdown: { type: 'string' },
    from: { type: 'string' },
    programs: { type: 'string', default: path.join(root, 'build/bench/bench') },
    data: { type: 'string', default: path.join(root, 'build/server-bench') },
    core: { type: 'string' },
    help: { type: 'boolean' }
  }
})

const giveUp = why => {
  console.error(why)
  process.exit(2)
}

const countOf = (name, fallback) => {
  const count = Number(options[name] ?? fallback)
  if (!Number.isInteger(count) || count < 0 || count > 100) giveUp(`--${name} takes a number up to 100, not ${options[name]}`)
  return count
}

const plan = () => {
  const size = options.tiny ? 'tiny' : options.quick ? 'quick' : 'full'
  const [own, others] = { full: [5, 2], quick: [2, 1], tiny: [1, 0] }[size]
  const rounds = { own: countOf('rounds', own), peers: countOf('peer-rounds', others) }
  const only = new RegExp(options.only)
  const extra = options['syncline-args'].split(' ').filter(Boolean)
  const program = name => path.join(options.programs, name)
  const ours = [relay(program('server_bench_relay')), syncline('syncline', options.syncline, extra)]
  if (options.baseline) ours.push(syncline('baseline', options.baseline, extra))
  if (options['also-tls']) ours.push(synclineTls('syncline, TLS', options.syncline, makeCertificate(options.data), extra))
  const guests = rounds.peers > 0 ? [...peers] : []
  if (options['also-hocuspocus']) guests.unshift(synclineHocuspocus('syncline, Hocuspocus', options.syncline, extra))
  for (const needed of [options.syncline, options.baseline, program('server_bench_load'), program('server_bench_relay')])
    if (needed && !fs.existsSync(needed)) giveUp(`${needed} is not there`)
  for (const peer of guests)
    if (peer.folder && !fs.existsSync(path.join(peer.folder, 'node_modules'))) giveUp(`scripts/npm-install.sh ${peer.folder} has not run`)
  return {
    size,
    rounds,
    ours,
    guests,
    scenarios: scenarios.filter(scenario => only.test(scenario.name)),
    load: program('server_bench_load'),
    core: options.core ?? (os.cpus().length > 1 ? os.cpus().length - 1 : undefined)
  }
}

const packagesOf = peer => Object.entries(JSON.parse(fs.readFileSync(path.join(peer.folder, 'package.json'), 'utf8')).dependencies)
  .map(([name, version]) => `${name} ${version}`).join(', ')

const versions = ({ guests }) => ({
  syncline: versionOf(options.syncline),
  ...(options.baseline && { baseline: versionOf(options.baseline) }),
  ...Object.fromEntries(guests.filter(peer => peer.folder).map(peer => [peer.name, packagesOf(peer)]))
})

// The order of the servers changes from round to round, so that none always has the same place.
const turn = (list, round) => [...list.slice(round % list.length), ...list.slice(0, round % list.length)]

// Calls `done` with the runs so far after each round.
const measureAll = async ({ size, rounds, ours, guests, scenarios, load, core }, done) => {
  const folder = path.join(options.data, `run-${process.pid}`)
  const runs = []
  process.on('exit', () => fs.rmSync(folder, { recursive: true, force: true }))
  for (let round = 0; round < rounds.own; round++) {
    const subjects = turn([...ours, ...(round < rounds.peers ? guests : [])], round)
    for (const scenario of scenarios) {
      for (const subject of subjects) {
        const run = { round: round + 1, scenario: scenario.name, subject: subject.name, figures: {}, others: 0, complaints: [] }
        try {
          const seen = await measure({ scenario, subject, size, load, core, folder })
          if (!seen) continue
          Object.assign(run, seen)
        } catch (error) {
          run.complaints.push(error.message)
        }
        runs.push(run)
        const first = scenario.figures[0]
        console.error(`round ${run.round}, ${scenario.name}, ${subject.name}: ${first.label} ${run.figures[first.key] ?? '–'}` +
          `${run.others > 0.4 ? `, others used ${run.others.toFixed(1)} cores` : ''}${run.complaints.map(text => `\n  ${text}`).join('')}`)
      }
    }
    done(runs)
  }
}

const saveJson = result => {
  if (options.json) fs.writeFileSync(options.json, `${JSON.stringify(result, undefined, 1)}\n`)
}

const takeResult = async () => {
  if (options.from) return JSON.parse(fs.readFileSync(options.from, 'utf8'))
  const what = plan()
  if (what.rounds.own === 0) giveUp('--rounds takes at least 1')
  if (what.scenarios.length === 0) giveUp(`no scenario matches ${options.only}`)
  const began = { at: new Date(), load: loadAverage() }
  const sync = syncTime(options.data)
  const result = {
    began: began.at.toISOString(),
    size: what.size,
    rounds: what.rounds,
    machine: machine(),
    sync_ms: sync,
    programs: versions(what),
    subjects: [...what.ours, ...what.guests].map(subject => subject.name),
    baseline: options.baseline !== undefined,
    runs: []
  }
  await measureAll(what, runs => saveJson(Object.assign(result, {
    ended: new Date().toISOString(),
    load: { began: began.load, ended: loadAverage() },
    others: median(runs.map(run => run.others)),
    runs
  })))
  return result
}

const main = async () => {
  if (options.help) return console.log(kHelp)
  if (options.list) {
    for (const { name, title, measures, not } of scenarios) console.log(`${name}: ${title}.\n  Measures ${measures}.\n  Does not measure ${not}.`)
    return
  }
  const result = await takeResult()
  const rows = rowsOf(result.runs, scenarios, result.subjects)
  result.rows = rows
  const text = markdown(result, rows, scenarios)
  saveJson(result)
  if (options.markdown) write(options.markdown, text)
  console.log(text)

  const own = ['relay', 'syncline', 'baseline', 'syncline, TLS']
  const worse = result.baseline ? verdict(rows) : []
  for (const line of worse) console.log(line)
  if (result.baseline && worse.length === 0) console.log('No figure is worse than the baseline\'s by more than what is allowed.')
  if (worse.length > 0) process.exitCode = 1
  if (rows.length === 0 || result.runs.some(run => own.includes(run.subject) && run.complaints.length > 0)) process.exitCode = 2
}

await main()
