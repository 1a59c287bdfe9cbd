// node peer.mjs ENGINE TRACES GROUP [ARGUMENT]: measures a group of cases with one engine; prints a JSON object a case.
import { groups } from './cases.mjs'

const [name, folder, group, argument] = process.argv.slice(2)
const engine = (await import(`./engines/${name}.mjs`)).default

// `per`: how many edits one run makes.
const report = (what, result, per = 1) =>
  console.log(JSON.stringify({ case: what, ...result, ...(result.ms === undefined ? {} : { ms: result.ms / per, cpu: result.cpu / per }) }))

groups[group](engine, report, folder, argument)
process.exit(0)
