// The tables of docs/benchmarks.md.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const packages = JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'package.json'), 'utf8')).dependencies
// Growth beyond 10^5 items and long histories ten times over are beyond the slower engines by far.
const big = group => group[0] === 'b4' || (group[0] === 'grow' && Number(group[1]) > 100000)

export const engines = [
  { name: 'syncline', quick: true, program: 'syncline' },
  { name: 'floor', quick: true, program: 'floor', skip: group => group[0] !== 'trace' },
  { name: 'yjs', quick: true, module: 'yjs' },
  { name: 'json-joy', quick: true, module: 'json_joy' },
  { name: 'diamond-types', quick: true, module: 'diamond_types', skip: group => group[0] === 'b3' },
  { name: 'loro-crdt', module: 'loro' },
  { name: 'ywasm', module: 'ywasm', skip: group => big(group) },
  { name: 'automerge', module: 'automerge', skip: group => big(group) }
]
const peers = engines.filter(engine => engine.module).map(engine => engine.name)

const median = list => list.toSorted((a, b) => a - b)[list.length >> 1]

const merged = list => {
  const done = list.filter(result => !result.over)
  if (done.length === 0) return list[0]
  const of = key => median(done.map(result => result[key]))
  return { ms: of('ms'), cpu: of('cpu'), bytes: of('bytes'), own: done[0].own_count, rounds: done.length }
}

const short = x => x === undefined ? '–' : x >= 100 ? Math.round(x).toLocaleString('en') : x >= 10 ? x.toFixed(1) : x >= 1 ? x.toFixed(2) : x.toPrecision(2)
const ratio = x => Number.isFinite(x) ? `${short(x)} ×` : '–'

const order = ['one', 'edits', 'capture', 'apply', 'merge', 'encode_v1', 'encode_v2', 'load_v1', 'load_v2', 'first_load']
const title = {
  one: 'one transaction', edits: 'a transaction per edit', capture: 'the same, each update captured', apply: 'applying these one by one',
  merge: 'merged, one replica per writer', encode_v1: 'encode v1', encode_v2: 'encode v2', load_v1: 'load v1, read text', load_v2: 'load v2, read text',
  first_load: 'load v1, first of a process'
}

const header = (first, list) => [
  `| ${first} | ${list.join(' | ')} | yjs : ours | fastest peer : ours |`,
  `|---|${'--:|'.repeat(list.length + 2)}`
]

// Ratios are of CPU time: on a shared machine wall time also counts what others do.
const row = (label, of, list, scale = 1) => {
  const cell = name => {
    const result = of[name]
    if (!result) return '–'
    if (result.over) return `> ${short(result.over * scale)}`
    return `${short(result.ms * scale)} (${short(result.cpu * scale)})`
  }
  const ours = of.syncline?.cpu
  const best = Math.min(...peers.filter(name => of[name]?.cpu !== undefined).map(name => of[name].cpu))
  const yjs = of.yjs?.over ? `> ${ratio(of.yjs.over / ours)}` : ratio(of.yjs?.cpu / ours)
  return `| ${label} | ${list.map(cell).join(' | ')} | ${yjs} | ${ratio(best / ours)} |`
}

const versions = () => Object.entries(packages).map(([name, version]) => `${name} ${version}`).join(', ')

const preamble = ({ began, ended, skipped, untraced }) => `# Benchmarks of the document engine

Written by \`make bench\` (bench/peers/run.mjs); the cases are in bench/peers/cases.mjs and bench/crdt_peer_bench.cpp.

- **When**: ${began.date.toISOString().slice(0, 16)}Z to ${ended.date.toISOString().slice(11, 16)}Z.
- **Where**: ${os.cpus()[0].model.trim()}, ${os.cpus().length} cores, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release().split('-')[0]}, node ${process.version}.
- **Load average**: ${began.load} at the start, ${ended.load} at the end. The machine is a virtual machine that others share. This
  benchmark alone makes a load average near 1 on an idle machine. Wall times include waiting for a core, so each figure is *wall ms
  (CPU ms)*, and ratios use CPU time. CPU time counts all threads and includes garbage collection. Other load on the machine distorts
  short cases least. Do not compare figures of different runs; compare ratios.
- **Peers**: ${versions()}. ywasm, loro-crdt, diamond-types-node and automerge are Rust compiled to WebAssembly.
- **How**: every engine does the same work on the same inputs. Each engine and group of cases has its own process. The engines take
  turns, in several rounds; figures are medians. A process repeats a case that is shorter than 0.4 s and takes the median, so that
  JavaScript runs compiled. \`> x\` means that the case was stopped after x ms of CPU time. A dash means that the engine does not
  offer the operation, or that it failed, or that the time for the run was over.
- **floor**: a gap buffer of UTF-16 units that keeps text and no history.
- **Formats**: yjs, ywasm and syncline have updates v1 and v2. The rows of v1 show loro's snapshot, and the rows of v2 its updates.
  Each other engine has one format, in the rows of v1.
${untraced ? `- The recorded traces are missing: there is no ${untraced}. So the run left out the cases that need them, B4 included.\n` : ''}${skipped.length > 0 ? `- Not measured, because the time was over: ${skipped.join('; ')}.\n` : ''}`

export const table = (results, facts) => {
  const all = Object.fromEntries(Object.entries(results).map(([name, by]) =>
    [name, Object.fromEntries(Object.entries(by).map(([engine, list]) => [engine, merged(list)]))]))
  const names = engines.map(engine => engine.name)
  const noFloor = names.filter(name => name !== 'floor')
  const out = [preamble(facts)]
  const traces = [...new Set(Object.keys(all).filter(name => order.includes(name.split('/')[1])).map(name => name.split('/')[0]))]
  for (const trace of traces.filter(name => !name.startsWith('B4'))) {
    out.push(`## ${trace}`, '', ...header('ms (CPU ms)', names))
    for (const what of order) if (all[`${trace}/${what}`]) out.push(row(title[what], all[`${trace}/${what}`], names))
    out.push('')
  }

  const sized = Object.keys(all).filter(name => /\/(encode_v.|memory)$/.test(name))
  if (sized.length > 0) {
    out.push('## Bytes', '', 'Size of the encoded document, and memory per loaded document: the growth of the process over 20 loaded documents (for JavaScript',
      "the larger of resident memory and heap). `counted` is the size that syncline's document reports itself (`Doc::memory_bytes`).", '',
      `| | ${noFloor.join(' | ')} | counted |`, `|---|${'--:|'.repeat(noFloor.length + 1)}`)
    for (const name of sized) {
      const cells = noFloor.map(engine => all[name][engine]?.bytes?.toLocaleString('en') ?? '–')
      out.push(`| ${name.replace('/encode_', ', ').replace('/', ', ')} | ${cells.join(' | ')} | ${all[name].syncline?.own?.toLocaleString('en') ?? ''} |`)
    }
    out.push('')
  }

  const grown = Object.keys(all).filter(name => name.startsWith('grow/'))
  if (grown.length > 0) {
    out.push('## Cost of one edit as the document grows', '',
      'µs (CPU µs) for a transaction of one edit with its update captured, in a text of n items (made by prepending) or a map of n keys.',
      'Rows with "remote" show the time to apply that update to another document of the same kind.', '', ...header('edit, n', noFloor))
    for (const [what, label] of growth.flatMap(([what, label]) => [[what, label], [`remote_${what}`, `remote: ${label}`]])) {
      for (const name of grown.filter(name => name.split('/')[1] === what)) out.push(row(`${label}, ${Number(name.split('/')[2]).toLocaleString('en')}`, all[name], noFloor, 1000))
    }
    out.push('')
  }

  const classic = Object.keys(all).filter(name => /^B\d/.test(name))
  if (classic.length > 0) {
    out.push('## crdt-benchmarks', '',
      'N = 6000. B1: one replica edits, another replica applies each update at once. B2: two replicas edit concurrently, then exchange',
      'updates. B3: one replica applies the updates of 1,549 clients. B4: automerge-paper, repeated 10 and 100 times.', '', ...header('ms (CPU ms)', noFloor))
    for (const name of classic) out.push(row(describe[name] ? `${name} ${describe[name]}` : name, all[name], noFloor))
    out.push('')
  }
  return out.join('\n')
}

const growth = [['insert', 'random insert'], ['prepend', 'prepend'], ['erase', 'random erase'], ['set', 'map set']]

const describe = {
  'B1.1': 'append characters', 'B1.2': 'insert a string', 'B1.3': 'prepend characters', 'B1.4': 'random characters', 'B1.5': 'random words',
  'B1.6': 'insert, then delete a string', 'B1.7': 'random insert and delete', 'B1.8': 'append numbers', 'B1.9': 'insert numbers at once',
  'B1.10': 'prepend numbers', 'B1.11': 'random numbers', 'B2.1': 'a string each', 'B2.2': 'random characters', 'B2.3': 'random words',
  'B2.4': 'random insert and delete', 'B3.1': 'number in a map', 'B3.2': 'object in a map', 'B3.3': 'string in a map', 'B3.4': 'string in an array'
}
