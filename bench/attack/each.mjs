// Each attack alone, against a server of its own, while quiet users edit: what it does to them, as a table for docs/attack.md.

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'

const kSlackMs = 240_000 // to make the documents, to settle, to recover
const kMarks = ['<!-- attacks: begin -->', '<!-- attacks: end -->']

const names = binary => {
  const { stdout, status } = spawnSync(binary, ['bench', '--workload', 'hostile', '--attacks', 'list'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${binary} knows no attacks`)
  return stdout.trimEnd().split('\n').slice(1).map(line => line.split(' ')[0])
}

const one = (name, { binary, seconds, users, userRate, memoryMib, largeKib, history, connections }) => {
  const sizes = ['--memory-mib', memoryMib, '--large-kib', largeKib, '--history', history, '--attack-connections', connections]
  const args = ['bench', '--workload', 'hostile', '--attacks', name, '--attack-seconds', seconds, '--users', users, '--user-rate', userRate, ...sizes, '--json']
  const { stdout, stderr } = spawnSync(binary, args.map(String), { encoding: 'utf8', timeout: seconds * 1000 + kSlackMs, killSignal: 'SIGKILL' })
  return stdout.startsWith('{') ? JSON.parse(stdout) : { attacks: [{ name }], failed: stderr.trim() || 'did not end in time' }
}

const ms = us => (us >= 100_000 ? (us / 1000).toFixed() : (us / 1000).toFixed(1))
const mib = bytes => (bytes / 2 ** 20).toFixed()
const count = n => (n >= 10_000 ? `${Math.round(n / 1000)}k` : String(n))

const answers = ({ accepted, refused, closed, errors, received_bytes: received }) => {
  const counted = Object.entries({ accepted, refused, closed, errors }).filter(([, n]) => n > 0)
  const all = counted.map(([what, n]) => `${count(n)} ${what}`)
  if (received >= 100_000) all.push(`sent ${(received / 1e6).toFixed(1)} MB`)
  return all.join(', ') || '-'
}

const kHead = [
  '| attack | sends | the server | users: p50, p99, max (ms) | calm p99 | memory: before, most, after (MiB) |',
  '|---|---|---|---|---|---|'
]

// The row of one run's report (`syncline bench --workload hostile --json`).
export const row = run => {
  const [attack] = run.attacks
  if (run.failed) return `| \`${attack.name}\` | | could not run: ${run.failed.replaceAll('\n', ' ')} | | | |`
  const { attacked_ack_us: seen, calm_ack_us: calm, problem } = run.users
  const { ended, memory_before_bytes: before, memory_most_bytes: most, memory_after_bytes: after } = run.server
  const outcome = ended ? `**ended: ${ended}**` : `${answers(attack)}${problem ? `; **users: ${problem}**` : ''}`
  return `| \`${attack.name}\` | ${count(attack.sent)}, ${(attack.sent_bytes / 1e6).toFixed(1)} MB | ${outcome} | ${ms(seen.p50)}, ${ms(seen.p99)}, ${ms(seen.max)} | ${ms(calm.p99)} | ${mib(before)}, ${mib(most)}, ${mib(after)} |`
}

export const table = runs => [...kHead, ...runs.map(row)].join('\n')

// Replaces what is between the marks of a Markdown file.
export const writeBetweenMarks = (file, text) => {
  const whole = fs.readFileSync(file, 'utf8')
  const [begin, end] = kMarks.map(mark => whole.indexOf(mark))
  if (begin < 0 || end < begin) throw new Error(`${file} has no marks for the table`)
  fs.writeFileSync(file, `${whole.slice(0, begin + kMarks[0].length)}\n${text}\n${whole.slice(end)}`)
}

export const eachAttack = options => {
  const chosen = options.attacks === 'all' ? names(options.binary) : options.attacks.split(',')
  return chosen.map(name => {
    const run = one(name, options)
    options.say(row(run))
    return run
  })
}
