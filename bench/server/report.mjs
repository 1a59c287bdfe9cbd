// The results as Markdown: facts about the run, the table, failures, and a description of each scenario.

import fs from 'node:fs'
import { compare, kTolerance } from './figures.mjs'

const kNoise = 0.4

const digits = x => x >= 10 ? 1 : x >= 0.1 || x === 0 ? 2 : 3
const short = x => x === undefined ? '–'
  : Math.abs(x) >= 100 ? Math.round(x).toLocaleString('en-US') : x.toFixed(digits(Math.abs(x)))

const cell = (of, withRatio) => {
  if (!of?.value) return '–'
  const ratio = withRatio && of.ratio ? ` (${short(of.ratio.median)} ×)` : ''
  return `${short(of.value.median)}${ratio}`
}
const range = of => of?.ratio ? `${short(of.ratio.least)} … ${short(of.ratio.most)} ×` : of?.value ? `${short(of.value.least)} … ${short(of.value.most)}` : '–'
const percent = times => `${times >= 1 ? '+' : '−'}${Math.abs((times - 1) * 100).toFixed(0)} %`

const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `|${head.map((_, i) => i < 2 ? '---' : '--:').join('|')}|`,
  ...rows.map(row => `| ${row.join(' | ')} |`)
]

const changeText = ({ times, rounds, worse, watched }) =>
  `${percent(times)} (${percent(rounds.least)} … ${percent(rounds.most)})${worse && !watched ? ' **worse**' : ''}`

const figuresTable = (result, rows) => {
  const { subjects, baseline } = result
  const changes = baseline ? compare(rows, 'syncline', 'baseline') : []
  const head = ['scenario', 'figure', ...subjects]
  if (subjects.includes('syncline')) head.push('syncline, range')
  if (baseline) head.push('worse than baseline by (round by round)')
  return table(head, rows.map(row => {
    const line = [row.scenario, `${row.figure.label}${row.figure.watched ? ' °' : ''}`]
    for (const subject of subjects) line.push(cell(row.of[subject], subject !== 'relay'))
    if (subjects.includes('syncline')) line.push(range(row.of.syncline))
    if (baseline) {
      const change = changes.find(one => one.scenario === row.scenario && one.figure === row.figure.label)
      line.push(change ? changeText(change) : '–')
    }
    return line
  }))
}

const kSizes = {
  full: '',
  quick: ' A quick run: shorter, and with fewer clients than the scenarios say.',
  tiny: ' A test of the programs: the figures mean nothing.'
}

const facts = result => {
  const { machine, programs, rounds } = result
  const noisy = result.runs.filter(run => run.others > kNoise).length
  return [
    `- **When**: ${result.began.slice(0, 16)}Z to ${result.ended.slice(11, 16)}Z; rounds: ${rounds.own} of the relay and Syncline, ${rounds.peers} of the peers.${kSizes[result.size]}`,
    `- **Where**: ${machine.processor}, ${machine.cores} cores, ${machine.memory_gib} GiB, ${machine.system}, node ${machine.node}. Writing and syncing 4 KiB takes ${short(result.sync_ms)} ms in the data directory.`,
    `- **Load average**: ${result.load.began} before, ${result.load.ended} after. Other processes used more than ${kNoise} cores during ${noisy} of ${result.runs.length} runs; the median is ${short(result.others)} cores.`,
    ...Object.entries(programs).map(([name, version]) => `- **${name}**: ${version}.`),
    ...(result.others > kNoise ? ['', '**Other processes used much of the machine during this run.** Latencies, rates and times until all are synced are not', 'reliable; CPU and memory are still comparable.'] : [])
  ]
}

const failures = result => {
  const bad = result.runs.filter(run => run.complaints.length > 0)
  return bad.length === 0
    ? ['No run lost an update, and no client was refused or dropped.']
    : ['What went wrong:', '', ...bad.map(run => `- ${run.scenario}, ${run.subject}, round ${run.round}: ${run.complaints.join('; ')}`)]
}

export const markdown = (result, rows, scenarios) => [
  ...facts(result),
  '',
  'Each cell is the median over the rounds; in brackets: the median of the ratios to the relay of the same round. The range',
  `of Syncline's ratio (or value) over the rounds shows the noise. °: shown, but too noisy to fail a comparison.`,
  '',
  ...figuresTable(result, rows),
  '',
  ...failures(result),
  '',
  ...scenarios.filter(one => rows.some(row => row.scenario === one.name)).map(one =>
    `- **${one.name}**: ${one.title}. Measures ${one.measures}. Does not measure ${one.not}.`)
].join('\n') + '\n'

// One line for each figure that is worse than the baseline's by more than the tolerance. Watched figures are left out.
export const verdict = rows => compare(rows, 'syncline', 'baseline').filter(one => one.worse && !one.watched).map(one =>
  `${one.scenario}: ${one.figure} is ${percent(one.times)} worse than the baseline's (${short(one.ours)} against ${short(one.theirs)}; allowed: ${kTolerance * 100} %)`)

const kBegin = '<!-- results: begin -->'
const kEnd = '<!-- results: end -->'

// Puts the text between the two marks of a file. A file without marks is replaced by the text.
export const place = (text, before) => {
  const begin = before?.indexOf(kBegin) ?? -1
  const end = before?.indexOf(kEnd) ?? -1
  if (begin < 0 || end < begin) return text
  return `${before.slice(0, begin + kBegin.length)}\n\n${text}\n${before.slice(end)}`
}

export const write = (file, text) =>
  fs.writeFileSync(file, place(text, fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined))
