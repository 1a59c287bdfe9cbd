// Decisions a second with 1,000 policies: ours, and the published engine of the Cedar language, in one run and by turns.
//
//   node cedar.mjs PROGRAM      PROGRAM: cedar_peer_bench; BENCH_CEDAR_SECONDS (2) for each of three rounds
//
// A workspace of 200 people in 100 groups, 100 folders and 500 documents. Most policies give a group a right on a folder or a
// person a right on a document, some have conditions, ten concern every request. Both engines must decide the same. The
// published engine gets its policies once (`preparsePolicySet`), but its interface takes the entities with each request;
// so it gets only those that the request concerns, with all that they are in. Seconds are those of the processor.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import cedar from '@cedar-policy/cedar-wasm/nodejs'

const program = process.argv[2]
const seconds = Number(process.env.BENCH_CEDAR_SECONDS ?? 2)
let state = 12345
const below = n => { state = (Math.imul(state, 1103515245) + 12345) >>> 0; return (state >>> 8) % n }
const uid = (type, id) => ({ type, id })
const reference = (type, id) => ({ __entity: uid(type, id) })

const entities = new Map()
const add = (type, id, attrs, parents) => entities.set(`${type} ${id}`, { uid: uid(type, id), attrs, parents })
for (let i = 0; i < 100; i++) add('Group', `g${i}`, {}, [])
for (let i = 0; i < 200; i++) add('User', `u${i}`, { level: below(5) }, [0, 1, 2].map(() => uid('Group', `g${below(100)}`)))
for (let i = 0; i < 100; i++) add('Folder', `f${i}`, {}, i < 10 ? [] : [uid('Folder', `f${below(i / 2 | 0)}`)])
for (let i = 0; i < 500; i++) add('Doc', `d${i}`, { owner: reference('User', `u${below(200)}`), closed: below(10) === 0, readers: [0, 1, 2].map(() => reference('User', `u${below(200)}`)) }, [uid('Folder', `f${below(100)}`)])
const actions = ['read', 'write', 'delete', 'export']

const policies = []
for (let i = 0; i < 600; i++) policies.push(`permit(principal in Group::"g${below(100)}", action in [Action::"read", Action::"${actions[1 + below(3)]}"], resource in Folder::"f${below(100)}");`)
for (let i = 0; i < 240; i++) policies.push(`permit(principal == User::"u${below(200)}", action == Action::"write", resource == Doc::"d${below(500)}") when { context.size < 1000000 && !resource.closed };`)
for (let i = 0; i < 150; i++) policies.push(`forbid(principal, action == Action::"delete", resource in Folder::"f${below(100)}") unless { principal == resource.owner };`)
policies.push(
  'permit(principal, action, resource is Doc) when { resource.owner == principal };',
  'permit(principal, action == Action::"read", resource is Doc) when { resource.readers.contains(principal) };',
  'forbid(principal, action == Action::"write", resource is Doc) when { resource.closed };',
  'forbid(principal, action, resource) when { context.address.isInRange(ip("203.0.113.0/24")) };',
  'forbid(principal, action == Action::"export", resource) unless { principal.level > 2 };',
  'forbid(principal, action, resource) when { context has suspended && context.suspended };',
  'permit(principal, action, resource) when { principal.level == 4 && ["read", "list"].contains(context.purpose) };',
  'forbid(principal, action == Action::"write", resource) when { context.size > 50000000 };',
  'permit(principal, action == Action::"read", resource is Doc) when { context.purpose like "audit-*" };',
  'forbid(principal, action, resource) unless { context.now > datetime("2020-01-01") };'
)

const requests = Array.from({ length: 1000 }, () => ({
  principal: uid('User', `u${below(200)}`),
  action: uid('Action', actions[below(4)]),
  resource: uid('Doc', `d${below(500)}`),
  context: {
    size: below(2000000),
    purpose: ['edit', 'read', 'audit-7', 'sync'][below(4)],
    address: { __extn: { fn: 'ip', arg: `198.51.100.${below(255)}` } },
    now: { __extn: { fn: 'datetime', arg: '2026-11-30T01:02:03Z' } }
  }
}))

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cedar-'))
const world = path.join(folder, 'world.json')
fs.writeFileSync(world, JSON.stringify({ policies: policies.join('\n'), entities: JSON.stringify([...entities.values()]), requests }))

const concerned = request => {
  const found = new Map()
  const visit = ({ type, id }) => {
    const key = `${type} ${id}`
    if (!entities.has(key) || found.has(key)) return
    found.set(key, entities.get(key))
    entities.get(key).parents.forEach(visit)
  }
  visit(request.principal)
  visit(request.resource)
  return [...found.values()]
}
const calls = requests.map(each => ({ ...each, entities: concerned(each), preparsedPolicySetId: 'bench', validateRequest: false }))
if (cedar.preparsePolicySet('bench', { staticPolicies: policies.join('\n') }).type !== 'success') throw new Error('policies')

const theirs = () => {
  let decisions = ''
  let count = 0
  const start = process.cpuUsage()
  const spent = () => { const { user, system } = process.cpuUsage(start); return (user + system) / 1e6 }
  while (spent() < seconds) {
    const answer = cedar.statefulIsAuthorized(calls[count % calls.length])
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer))
    if (count < calls.length) decisions += answer.response.decision[0]
    count++
  }
  return { decisions, per_second: count / spent() }
}

const middle = list => [...list].sort((a, b) => a - b)[list.length >> 1]
const rates = { ours: [], theirs: [] }
for (let round = 0; round < 3; round++) {
  const ours = JSON.parse(execFileSync(program, [world, String(seconds)], { encoding: 'utf8' }))
  const other = theirs()
  const common = ours.decisions.slice(0, other.decisions.length)
  if (common !== other.decisions) throw new Error('the engines decide differently')
  rates.ours.push(ours.per_second)
  rates.theirs.push(other.per_second)
  console.log(`round ${round + 1}: ${Math.round(ours.per_second)} decisions/s (${ours.allocated} bytes allocated), cedar-wasm ${cedar.getCedarVersion()}: ${Math.round(other.per_second)} decisions/s, ${other.decisions.length} compared`)
}
fs.rmSync(folder, { recursive: true })
const ratio = middle(rates.ours) / middle(rates.theirs)
console.log(`${policies.length} policies: ${Math.round(middle(rates.ours))} decisions/s a core, ${ratio.toFixed(1)} times cedar-wasm`)
