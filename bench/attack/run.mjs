// `make attack`: one attack run (attack_run.mjs). scripts/attack.sh --help lists the options.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { eachAttack, table, writeBetweenMarks } from './each.mjs'
import { attackRun, kChurn, kDefaults, kShort } from './attack_run.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')

const kHelp = `usage: scripts/attack.sh [OPTION]...

Attacks a server that it starts for this, with every attack of \`syncline bench --workload hostile\`, while quiet users edit.
Fails if the server's process ends, if an edit is late or lost, if memory is over its limit or does not come back, or if
the log does not verify afterwards. Everything stays on 127.0.0.1 and ends by itself.

  --seconds N         how long the attacks last (600, or ATTACK_SECONDS)
  --attacks LIST      which, with commas between them (all)
  --users N           quiet users (50)
  --memory-mib N      of the server (512); its resident memory may be 20 % more
  --p99-ms N          bound of the edits' 99th percentile, without the time of a sync (20); 0: not checked
  --large-kib N       size of the large documents (30720)
  --history N         events of the document with a long history (100000)
  --connections N     the most that one attack has open (200)
  --recovery N        seconds that memory may take to come back (120)
  --churn             honest load instead of attacks: users come and go, others join, load and read; memory must be flat
  --each              each attack alone for 10 seconds, against a server of its own, without bounds: prints a table
  --markdown FILE     with --each: writes the table between the marks of a file that has them, such as docs/attack.md
  --short             small sizes, and no bounds of time: only that the process lives, that nothing is lost, and memory
  --syncline PATH     the binary (build/release/syncline, or SYNCLINE_BINARY)
  --server PATH       the binary that is attacked, if it is another one
  --folder DIR        keeps data, reports and the server's log there
  --help

The status is 0 if every check holds.`

const number = { type: 'string' }
const { values } = parseArgs({
  options: {
    seconds: number, attacks: number, users: number, 'memory-mib': number, 'p99-ms': number, 'large-kib': number, history: number,
    connections: number, recovery: number, churn: { type: 'boolean' }, each: { type: 'boolean' }, markdown: number, short: { type: 'boolean' }, syncline: number, server: number, folder: number,
    help: { type: 'boolean' }
  }
})
if (values.help) {
  console.log(kHelp)
  process.exit(0)
}

const given = (name, key) => {
  if (values[name] === undefined) return {}
  const value = Number(values[name])
  if (!Number.isInteger(value) || value < 0) {
    console.error(`--${name} is a whole number`)
    process.exit(2)
  }
  return { [key]: value }
}

const options = {
  ...(values.short ? kShort : { seconds: Number(process.env.ATTACK_SECONDS || kDefaults.seconds) }),
  ...(values.churn ? kChurn : {}),
  ...given('seconds', 'seconds'),
  ...given('users', 'users'),
  ...given('memory-mib', 'memoryMib'),
  ...given('p99-ms', 'p99Ms'),
  ...given('large-kib', 'largeKib'),
  ...given('history', 'history'),
  ...given('connections', 'connections'),
  ...given('recovery', 'recoverySeconds'),
  ...(values.attacks === undefined ? {} : { attacks: values.attacks }),
  binary: path.resolve(values.syncline ?? process.env.SYNCLINE_BINARY ?? path.join(root, 'build/release/syncline')),
  ...(values.server === undefined ? {} : { server: path.resolve(values.server) }),
  folder: values.folder,
  say: line => console.log(line)
}

if (values.each) {
  const runs = eachAttack({ ...kDefaults, ...options, seconds: Number(values.seconds ?? 10) })
  if (values.markdown !== undefined) writeBetweenMarks(values.markdown, table(runs))
  process.exit(runs.every(run => run.sound) ? 0 : 1)
}

const { failures } = await attackRun(options)
process.exit(failures.length === 0 ? 0 : 1)
