// Random policies, and what the published engine of the Cedar language says of them: one JSON object a line, for
// cedar_differential to repeat.
//
//   node cedar_cases.mjs COUNT [SEED]
//
// A case: {seed, schema, policies} and either {refused: true} or {valid, json, links, entities, requests}: whether the
// policies pass validation, their JSON form (null where numbers would not survive JavaScript), entities, and requests with
// `decision`, `reason` and `errors`; null instead of requests if the entities are refused.
// Where ours differs on purpose: a scope to which no action applies is an error in the published vectors, and a mere
// warning in this version of the engine.

import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { damaged, policy, request, schema, someEntities } from './cedar_policies.mjs'
import { Random } from './random.mjs'

const parts = policies => {
  const answer = cedar.policySetTextToParts(policies)
  if (answer.type !== 'success') return undefined
  return answer
}

const jsonForm = (policies, policySet) => {
  // Whole numbers beyond 2 ** 53.
  if (/\d{10}/.test(policies + Object.values(policySet.templates).join())) return null
  const staticPolicies = {}
  const texts = parts(policies).policies
  for (let i = 0; i < texts.length; i++) {
    const answer = cedar.policyToJson(texts[i])
    if (answer.type !== 'success') throw new Error(JSON.stringify(answer))
    staticPolicies[`policy${i}`] = answer.json
  }
  const templates = {}
  for (const [id, text] of Object.entries(policySet.templates)) templates[id] = cedar.templateToJson(text).json
  return JSON.stringify({ staticPolicies, templates, templateLinks: policySet.templateLinks })
}

const decide = (policySet, entities, one) => {
  const answer = cedar.isAuthorized({ ...one, policies: policySet, entities })
  if (answer.type !== 'success') return null
  const { decision, diagnostics } = answer.response
  return { ...one, decision, reason: diagnostics.reason, errors: diagnostics.errors.map(each => each.policyId) }
}

const makeCase = seed => {
  const random = new Random(seed)
  let policies = Array.from({ length: random.between(1, 4) }, () => policy(random)).join('\n')
  if (random.chance(25)) policies = damaged(random, policies)
  const policySet = { staticPolicies: policies, templates: {}, templateLinks: [] }
  if (cedar.checkParsePolicySet(policySet).type !== 'success') return { seed, policies, refused: true }
  let template = null
  if (random.chance(25)) {
    template = policy(random, true)
    const values = {}
    if (template.includes('?principal')) values['?principal'] = { type: 'Group', id: random.pick(['staff', 'all']) }
    if (template.includes('?resource')) values['?resource'] = { type: 'Folder', id: random.pick(['f1', 'f2', 'f3']) }
    if (Object.keys(values).length > 0) {
      policySet.templates.template = template
      policySet.templateLinks.push({ templateId: 'template', newId: 'linked', values })
    } else {
      template = null
    }
  }
  const validation = cedar.validate({ schema, policies: policySet })
  if (validation.type !== 'success') return { seed, policies, refused: true }
  const entities = someEntities(random)
  const requests = Array.from({ length: 6 }, () => request(random))
  const decided = requests.map(each => decide(policySet, entities, each))
  return {
    seed,
    policies,
    template,
    links: policySet.templateLinks,
    valid: validation.validationErrors.length === 0 && !validation.validationWarnings.some(each => each.error.message.includes('unable to find an applicable action')),
    json: jsonForm(policies, policySet),
    entities: JSON.stringify(entities),
    requests: decided.includes(null) ? null : decided
  }
}

const [count, first = 1] = process.argv.slice(2).map(Number)
process.stdout.write(JSON.stringify({ schema }) + '\n')
for (let i = 0; i < count; i++) process.stdout.write(JSON.stringify(makeCase(first + i)) + '\n')
