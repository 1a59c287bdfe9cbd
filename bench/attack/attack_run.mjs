// The attack run: a server with a memory limit, quiet users, and all attacks of `syncline bench --workload hostile`, each
// side in a process of its own. Afterwards the server is stopped and started again: nothing that was acknowledged may be
// missing, and its logs must verify. docs/attack.md explains it.

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const kMiB = 2 ** 20
const kNoise = 16 * kMiB // of memory, where two means are compared
const kGuardMs = 50
const kLookMs = 2000 // between two looks at what the documents take
const kPage = 4096
const kStartMs = 60_000
const kStopMs = 60_000
const kSetUpMs = 900_000
const kBesidesMs = 240_000 // what a run takes besides the attacks: to connect, to settle, to recover
const kTokens = { SYNCLINE_TOKEN: 'attack-run-writer', SYNCLINE_READ_TOKEN: 'attack-run-reader' }

// What a run does and checks. A bound of 0 is not checked.
export const kDefaults = {
  binary: 'build/release/syncline',
  server: undefined, // the binary that is attacked; otherwise the same
  folder: undefined, // keeps data, reports and the server's log there; otherwise they go into a temporary folder, and away
  seconds: 600,
  calmSeconds: 10,
  recoverySeconds: 120,
  users: 50,
  userRate: 100,
  attacks: 'all',
  connections: 200,
  largeKib: 30 * 1024,
  history: 100_000,
  memoryMib: 512,
  boundMib: 0, // what the bounds below are of; 0: --memory-mib
  memorySlack: 0.2, // over it
  memoryGuard: 8, // times it: the server is killed above it, so that the machine is not harmed
  memoryBack: 0.2, // over what it was before the attacks
  p99Ms: 20, // of the server's histogram and of the users, each without the time of a sync
  flatMemory: 0, // how much more memory the last quarter of the run may take than the second
  churn: false, // users go and come, and make every kind of edit
  serverArgs: [],
  say: () => {}
}

// Instead of attacks, honest load for an hour.
export const kChurn = {
  churn: true,
  attacks: 'joins,cold-loads,changes,blame',
  largeKib: 2048,
  history: 5000,
  p99Ms: 0,
  memoryBack: 0,
  flatMemory: 0.1
}

// No bounds of time: for `make test`, on machines that do other things as well.
export const kShort = {
  seconds: 15,
  calmSeconds: 2,
  recoverySeconds: 20,
  users: 10,
  userRate: 40,
  connections: 40,
  largeKib: 2048,
  history: 2000,
  p99Ms: 0,
  memoryBack: 0
}

const environment = extra => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SYNCLINE_'))),
  ...extra
})

// A child process with what it printed and how it ends. It is killed when this process ends.
class Child {
  static running = new Set()

  constructor(command, { env = {}, log } = {}) {
    this.out = ''
    this.err = ''
    this.process = spawn(command[0], command.slice(1), {
      env: environment(env),
      stdio: ['ignore', 'pipe', log === undefined ? 'pipe' : fs.openSync(log, 'a')]
    })
    Child.running.add(this)
    this.process.stdout.setEncoding('utf8').on('data', text => (this.out += text))
    this.process.stderr?.setEncoding('utf8').on('data', text => (this.err += text))
    this.ended = undefined
    this.end = new Promise(resolve => {
      const over = how => {
        Child.running.delete(this)
        this.ended ??= how
        resolve(this.ended)
      }
      this.process.on('error', error => over({ code: null, signal: String(error) }))
      this.process.on('close', (code, signal) => over({ code, signal }))
    })
  }

  // How it ended; undefined if it did not within `ms`.
  async within(ms) {
    return Promise.race([this.end, sleep(ms, undefined, { ref: false })])
  }

  kill(signal = 'SIGKILL') {
    if (this.ended === undefined) this.process.kill(signal)
  }
}
process.on('exit', () => Child.running.forEach(child => child.kill()))

// 0 if there is no such process.
const residentBytes = pid => {
  try {
    return Number(fs.readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * kPage
  } catch {
    return 0
  }
}

const kept = end => (end === undefined ? 'did not end in time' : `ended with ${end.signal ?? `status ${end.code}`}`)

class Run {
  constructor(options) {
    this.options = { ...kDefaults, ...options }
    this.failures = []
    this.lines = []
    this.folder = this.options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'syncline-attack-'))
    fs.mkdirSync(this.folder, { recursive: true })
    this.write('writer-token', kTokens.SYNCLINE_TOKEN)
    this.write('reader-token', kTokens.SYNCLINE_READ_TOKEN)
  }

  file(name) {
    return path.join(this.folder, name)
  }
  write(name, text) {
    fs.writeFileSync(this.file(name), text, { mode: 0o600 })
  }
  tell(line) {
    this.lines.push(line)
    this.options.say(line)
  }
  check(holds, what) {
    this.tell(`${holds ? 'ok    ' : 'FAILED'}  ${what}`)
    if (!holds) this.failures.push(what)
  }

  async startServer() {
    const { binary, server = binary, memoryMib, serverArgs } = this.options
    const command = [server, 'serve', '--json', '--data-dir', this.file('data'), '--port', String(this.port ?? 0)]
    this.server = new Child([...command, '--memory-mib', String(memoryMib), ...serverArgs], {
      env: kTokens,
      log: this.file('server.log')
    })
    for (const until = Date.now() + kStartMs; !this.server.out.includes('\n'); await sleep(20)) {
      if (this.server.ended !== undefined || Date.now() > until) throw new Error(`the server ${kept(this.server.ended)}; see ${this.file('server.log')}`)
    }
    this.guard()
    this.port = JSON.parse(this.server.out.split('\n')[0]).port
  }

  boundMib() {
    return this.options.boundMib || this.options.memoryMib
  }

  guard() {
    const { process: child } = this.server
    const most = this.boundMib() * kMiB * this.options.memoryGuard
    const timer = setInterval(() => {
      const resident = residentBytes(child.pid)
      if (resident > most) {
        this.killedAt = resident
        child.kill('SIGKILL')
      }
    }, kGuardMs)
    timer.unref()
    child.on('close', () => clearInterval(timer))
  }

  // A list of pairs: resident bytes, and those of them that documents have. Users go on to new documents, so both must be flat.
  watchMemory() {
    this.memory = []
    const look = async () => {
      const headers = { authorization: `Bearer ${kTokens.SYNCLINE_READ_TOKEN}` }
      const page = await fetch(`http://127.0.0.1:${this.port}/metrics`, { headers }).then(reply => reply.text())
      const gauge = name => Number(new RegExp(`^syncline_${name} (\\S+)$`, 'm').exec(page)?.[1])
      this.memory.push([gauge('process_resident_memory_bytes'), gauge('object_bytes')])
    }
    const timer = setInterval(() => look().catch(() => {}), kLookMs)
    timer.unref()
    return () => clearInterval(timer)
  }

  hostile(...more) {
    const { binary, largeKib, history, connections } = this.options
    const sizes = ['--large-kib', largeKib, '--history', history, '--attack-connections', connections]
    const server = ['--url', `ws://127.0.0.1:${this.port}`, '--token-file', this.file('writer-token'), '--read-token-file', this.file('reader-token')]
    return [binary, 'bench', '--workload', 'hostile', ...server, ...sizes, ...more].map(String)
  }

  async setUp() {
    this.tell('making the documents that the attacks need')
    const child = new Child(this.hostile('--attacks', this.options.attacks, '--attack-seconds', 0))
    const end = await child.within(kSetUpMs)
    child.kill()
    if (end?.code !== 0) throw new Error(`cannot make the documents: ${kept(end)} ${child.err}`)
  }

  users() {
    const { seconds, calmSeconds, recoverySeconds, users, userRate, churn } = this.options
    const more = churn ? ['--user-churn'] : []
    // At a higher priority, where that is allowed: what they measure must be the server's delay and not their own.
    const command = this.hostile('--attacks', 'none', '--attack-seconds', seconds + 2, '--calm-seconds', calmSeconds, '--recovery-seconds', recoverySeconds,
        '--users', users, '--user-rate', userRate, '--server-pid', this.server.process.pid, '--save', this.file('users.json'),
        '--save-acked', this.file('acknowledged.json'), '--json', ...more)
    return new Child(['nice', '-n', '-10', ...command])
  }

  // At the lowest priority and on the last core, so that they take little from the users, who measure.
  attackers() {
    const pinned = fs.existsSync('/usr/bin/taskset') ? ['taskset', '-c', String(os.cpus().length - 1)] : []
    const { seconds, attacks } = this.options
    const command = this.hostile('--attacks', attacks, '--attack-seconds', seconds, '--users', 0, '--calm-seconds', 0, '--recovery-seconds', 0,
      '--save', this.file('attackers.json'))
    return new Child(['nice', '-n', '19', ...pinned, ...command])
  }

  async attack() {
    const { seconds, calmSeconds, attacks } = this.options
    this.tell(`${seconds} s: ${this.options.users} users, attacks: ${attacks}`)
    const users = this.users()
    await users.within((calmSeconds + 1) * 1000)
    const attackers = this.attackers()
    const unwatch = this.watchMemory()
    const attackersEnd = await attackers.within(seconds * 1000 + kBesidesMs)
    unwatch()
    const usersEnd = await users.within(kBesidesMs + this.options.recoverySeconds * 1000)
    for (const child of [attackers, users]) child.kill()
    this.tell(attackers.out.trimEnd())
    const why = this.killedAt ? ': this run killed it, because it took ' + `${(this.killedAt / kMiB).toFixed()} MiB` : this.server.ended ? `: it ${kept(this.server.ended)}` : ''
    this.check(this.server.ended === undefined, `the server's process lives${why}`)
    if (this.server.ended === undefined) this.check(attackersEnd?.code === 0, `the attackers ended well ${attackers.err}`.trimEnd())
    this.checkStrangers()
    this.check(usersEnd?.code === 0, `the users could go on, and nothing is missing${usersEnd?.code === 0 ? '' : `: ${kept(usersEnd)} ${users.err}`}`)
    return fs.existsSync(this.file('users.json')) ? JSON.parse(fs.readFileSync(this.file('users.json'), 'utf8')) : undefined
  }

  checkStrangers() {
    if (!fs.existsSync(this.file('attackers.json'))) return
    const { attacks } = JSON.parse(fs.readFileSync(this.file('attackers.json'), 'utf8'))
    const admitted = attacks.filter(({ role, accepted }) => role === 'stranger' && accepted > 0)
    this.check(admitted.length === 0, `no stranger was let in${admitted.map(({ name }) => `: ${name}`).join('')}`)
  }

  checkTimes({ users, server }) {
    const { p99Ms } = this.options
    const seen = users.attacked_ack_us
    this.tell(`users: p50 ${seen.p50 / 1000} ms, p99 ${seen.p99 / 1000} ms, max ${seen.max / 1000} ms of ${seen.count} edits; calm p99 ${users.calm_ack_us.p99 / 1000} ms`)
    const durable = server.attacked_durable_us
    const sync = server.attacked_sync_us
    if (durable) this.tell(`server: received to durable, all ${durable.count} changes: p50 ${durable.p50 / 1000} ms, p99 ${durable.p99 / 1000} ms; sync p99 ${(sync?.p99 ?? 0) / 1000} ms`)
    const { attacked_alone_durable_us: alone, attacked_long_durable_us: long, attacked_turns_us: turns } = server
    if (alone) this.tell(`server: changes whose author had no other under way: p50 ${alone.p50 / 1000} ms, p99 ${alone.p99 / 1000} ms of ${alone.count}`)
    if (long) this.tell(`server: changes that workers prepared: p50 ${long.p50 / 1000} ms, p99 ${long.p99 / 1000} ms of ${long.count}`)
    if (turns) this.tell(`server: turns of its loops: p99 ${turns.p99 / 1000} ms, p99.9 ${turns.p999 / 1000} ms`)
    if (p99Ms === 0) return
    const bound = p99Ms + (sync?.p99 ?? 0) / 1000
    this.check(alone && alone.p99 / 1000 <= bound, `the server's own p99, of authors who wait for each answer, is at most ${bound.toFixed(1)} ms`)
    if (turns) this.check(turns.p999 / 1000 <= p99Ms, `a loop's turn: p99.9 is at most ${p99Ms} ms`)
    this.check(seen.p99 / 1000 <= bound, `the users' p99 is at most ${bound.toFixed(1)} ms`)
  }

  checkMemory({ server }) {
    const { memorySlack, memoryBack, flatMemory } = this.options
    const bound = this.boundMib() * (1 + memorySlack)
    const mib = bytes => `${(bytes / kMiB).toFixed()} MiB`
    const { memory_before_bytes: before, memory_most_bytes: most, memory_after_bytes: after } = server
    this.tell(`memory: ${mib(before)} before, ${mib(most)} at most, ${mib(after)} after`)
    if (memorySlack > 0) this.check(most <= bound * kMiB, `memory is at most ${bound.toFixed()} MiB`)
    if (memoryBack > 0) this.check(after <= before * (1 + memoryBack), `memory is back: at most ${mib(before * (1 + memoryBack))}`)
    if (flatMemory === 0) return
    const quarter = Math.floor(this.memory.length / 4)
    const mean = from => this.memory.slice(from, from + quarter).reduce((sum, [all]) => sum + all, 0) / quarter
    const [early, late] = [mean(quarter), mean(3 * quarter)]
    this.tell(`memory of documents: ${mib(this.memory.at(-1)?.[1])} at the end`)
    this.check(late <= early * (1 + flatMemory) + kNoise, `memory is flat: ${mib(early)} in the second quarter, ${mib(late)} in the last`)
  }

  async stopServer(what) {
    this.server.kill('SIGTERM')
    const end = await this.server.within(kStopMs)
    this.check(end?.code === 0, `${what}: the server stops in order${end?.code === 0 ? '' : `: it ${kept(end)}`}`)
    if (end === undefined) {
      this.server.kill()
      await this.server.end
    }
  }

  async checkAfterRestart() {
    await this.startServer()
    const look = new Child(this.hostile('--check-acked', this.file('acknowledged.json')))
    const looked = await look.within(kSetUpMs)
    look.kill()
    this.check(looked?.code === 0, `after a restart, nothing acknowledged is missing${looked?.code === 0 ? '' : `: ${look.out}${look.err}`}`)
    await this.stopServer('after the restart')
    const verify = new Child([this.options.server ?? this.options.binary, 'log', 'verify', '--data-dir', this.file('data')])
    const verified = await verify.within(kSetUpMs)
    verify.kill()
    this.check(verified?.code === 0, `log verify: ${(verify.out || verify.err).trim().replaceAll('\n', '; ') || kept(verified)}`)
  }

  async go() {
    try {
      await this.startServer()
      await this.setUp()
      const measured = await this.attack()
      if (measured !== undefined && this.server.ended === undefined) {
        this.checkTimes(measured)
        this.checkMemory(measured)
      }
      if (this.server.ended === undefined) await this.stopServer('after the attacks')
      if (fs.existsSync(this.file('acknowledged.json'))) await this.checkAfterRestart()
    } catch (error) {
      this.check(false, error.message)
    } finally {
      this.server?.kill()
      await this.server?.end
      // What shows why stays.
      if (this.options.folder === undefined && this.failures.length === 0) fs.rmSync(this.folder, { recursive: true, force: true })
    }
    if (this.failures.length > 0) this.tell(`${this.failures.length} checks failed; data, reports and the server's log: ${this.folder}`)
    return { failures: this.failures, report: this.lines.join('\n'), folder: this.folder }
  }
}

// {failures, report, folder}. Never throws for what a server does. Everything stays on 127.0.0.1 and ends by itself.
export const attackRun = options => new Run(options).go()
