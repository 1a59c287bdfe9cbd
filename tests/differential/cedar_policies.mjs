// Random policies, entities and requests in the Cedar language, over a small world of users, groups, documents and folders.
// Most of it makes sense; some has wrong types, missing attributes, or text that does not parse.

export const schema = `
entity Group in [Group] { name: String };
entity User in [Group] { name: String, age: Long, admin: Bool, "odd name"?: String, boss?: User, at: datetime, tags: Set<String>, home: { ip: ipaddr, rate?: decimal } } tags String;
entity Folder in [Folder] { owner: User };
entity Doc in [Folder] { owner: User, size: Long, readers: Set<User>, due?: datetime, meta?: { kind: String, deep?: { n: Long } } } tags Set<Long>;
entity Color enum ["red", "blue"];
action read, write appliesTo { principal: [User], resource: [Doc, Folder], context: { ip: ipaddr, now: datetime, score?: decimal, n: Long, left?: duration } };
action share in [write] appliesTo { principal: [User, Group], resource: Doc, context: { n: Long } };
action idle;
`

const texts = ['', 'a', 'abc', 'a*c', 'A b', 'ä', '😀', 'x\\y', '"', '\n', 'alice', 'bob', 'a.b']
const integers = ['0', '1', '2', '7', '-1', '100', '4096', '9223372036854775807', '-9223372036854775808', '4611686018427387904', '3037000500']
const decimals = ['0.0', '1.5', '-2.25', '12.3456', '922337203685477.5807', '-922337203685477.5808', '1.23456', '1', '.5', '922337203685477.5808', '-0.1', '1.']
const addresses = ['127.0.0.1', '10.0.0.0/8', '10.1.2.3', '::1', '::/0', 'ff02::1', '2001:db8::/32', '0.0.0.0/0', '1.2.3.4/33', '01.2.3.4', '::ffff:1.2.3.4', '1::2::3', '224.0.0.1/4', '10.0.0.1/08', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '::2:3:4:5:6:7:8']
const datetimes = ['2024-02-29', '2023-02-29', '1969-12-31T23:59:59.999Z', '2026-11-30T01:02:03Z', '2026-11-30T01:02:03.004+0530', '2026-11-30T24:00:00Z', '9999-12-31T23:59:59Z', '0000-01-01', '2026-11-30T01:02:03', '2026-13-01', '2026-11-30T01:02:03-2400', '2026-11-30T01:02:03-2359']
const durations = ['0ms', '1d', '-1d2h3m4s5ms', '1h', '90m', '1s1m', 'ms', '-', '', '9223372036854775807ms', '-9223372036854775808ms', '106751991168d', '1ms1s', '1d1d', '36h']

const quoted = text => '"' + [...text].map(c => c === '"' || c === '\\' ? '\\' + c : c < ' ' ? `\\u{${c.codePointAt(0).toString(16)}}` : c).join('') + '"'

const entities = {
  User: ['alice', 'bob', 'eve', 'nobody'],
  Group: ['staff', 'all', 'none'],
  Doc: ['d1', 'd2', 'lost'],
  Folder: ['f1', 'f2', 'f3'],
  Color: ['red', 'blue', 'green'],
  Action: ['read', 'write', 'share', 'idle', 'fly'],
  Ghost: ['g']
}
const uid = (random, type = random.pick(Object.keys(entities))) => ({ type, id: random.pick(entities[type]) })
const uidText = ({ type, id }) => `${type}::${quoted(id)}`

// An expression of (about) the given type. `depth` is what is left.
export const expression = (random, type, depth) => {
  if (!random.tame && random.chance(3)) type = random.pick(kTypes)
  const e = (of, less = 1) => expression(random, of, depth - less)
  const leaf = depth <= 0
  const ifElse = [leaf ? 0 : 1, () => `(if ${e('bool')} then ${e(type)} else ${e(type)})`]
  switch (type) {
    case 'bool':
      return random.weighted([
        [2, () => random.pick(['true', 'false'])],
        [3, () => random.pick(['principal.admin', 'principal == resource.owner', 'principal in Group::"staff"', 'resource in Folder::"f1"', 'action == Action::"read"', 'action in [Action::"write"]', 'action in Action::"write"', 'resource is Doc', 'principal is User in Group::"all"', 'context has score', 'context has left', 'resource has meta', 'resource has meta.deep.n', 'principal has boss', 'principal has "odd name"', 'principal.hasTag("k")', 'resource.hasTag("k")', 'resource has due && resource.due > context.now', 'resource is Doc && resource has meta && resource.meta.kind == "x"'])],
        ...leaf
          ? []
          : [
              [3, () => `(${e('bool')} && ${e('bool')})`],
              [3, () => `(${e('bool')} || ${e('bool')})`],
              [1, () => `!${e('bool')}`],
              [2, () => { const of = random.pick(kTypes); return `(${e(of)} ${random.pick(['==', '!='])} ${e(of)})` }],
              [2, () => { const of = random.pick(['long', 'long', 'datetime', 'duration']); return `(${e(of)} ${random.pick(['<', '<=', '>', '>='])} ${e(of)})` }],
              [2, () => `(${e('entity')} in ${random.pick([e('entity'), e('entities')])})`],
              [1, () => `(${e('entity')} is ${random.pick(Object.keys(entities))}${random.chance(30) ? ' in ' + e('entity') : ''})`],
              [2, () => `(${e('string')} like ${random.pick(['"*"', '"a*"', '"*c"', '"a\\*c"', '"*b*"', '"a**c"', '""', '"\\u{2a}"', '"x\\\\*"'])})`],
              [1, () => `(${e('record')} has ${random.pick(['ip', 'a', '"b c"', 'a.b', 'meta.deep.n'])})`],
              [1, () => `(${e('entity')} has ${random.pick(['name', 'owner', 'boss.boss.name', 'size', 'meta.kind'])})`],
              [2, () => { const of = random.pick(['long', 'string', 'entity']); return `[${e(of)}, ${e(of)}].contains(${e(of)})` }],
              [2, () => `${e('strings')}.${random.pick(['containsAll', 'containsAny'])}(${e('strings')})`],
              [1, () => `${e('strings')}.isEmpty()`],
              [1, () => `${e('entities')}.contains(${e('entity')})`],
              [1, () => `${e('entity')}.hasTag(${e('string')})`],
              [1, () => `${e('ip')}.${random.pick(['isIpv4()', 'isIpv6()', 'isLoopback()', 'isMulticast()'])}`],
              [2, () => `${e('ip')}.isInRange(${e('ip')})`],
              [2, () => `${e('decimal')}.${random.pick(['lessThan', 'lessThanOrEqual', 'greaterThan', 'greaterThanOrEqual'])}(${e('decimal')})`],
              ifElse
            ]
      ])()
    case 'long':
      return random.weighted([
        [4, () => random.pick(integers)],
        [3, () => random.pick(['context.n', 'principal.age', 'resource.size', '(if resource has meta.deep.n then resource.meta.deep.n else 0)'])],
        ...leaf
          ? []
          : [
              [3, () => `(${e('long')} ${random.pick(['+', '-', '*'])} ${e('long')})`],
              [1, () => `-(${e('long')})`],
              [1, () => `- ${random.pick(['1', '9223372036854775808', 'context.n', '-5'])}`],
              [2, () => `${e('duration')}.${random.pick(['toMilliseconds', 'toSeconds', 'toMinutes', 'toHours', 'toDays'])}()`],
              ifElse
            ]
      ])()
    case 'string':
      return random.weighted([
        [4, () => quoted(random.pick(texts))],
        [3, () => random.tame ? 'principal.name' : random.pick(['principal.name', 'principal["odd name"]', 'principal.getTag("k")', '(if principal has "odd name" then principal["odd name"] else "a")', '(if principal.hasTag("k") then principal.getTag("k") else "")', '{a: "a"}.a', 'resource.meta.kind'])],
        ...leaf ? [] : [ifElse]
      ])()
    case 'entity':
      return random.weighted([
        [3, () => uidText(random.tame ? uid(random, 'User') : uid(random))],
        [4, () => random.tame ? 'resource.owner' : random.pick(['principal', 'resource', 'action', 'resource.owner', 'principal.boss'])],
        ...leaf ? [] : [ifElse]
      ])()
    case 'entities':
      return random.weighted([
        [2, () => 'resource.readers'],
        [3, () => { const of = random.pick(Object.keys(entities)); return '[' + Array.from({ length: random.between(0, 3) }, () => uidText(uid(random, of))).join(', ') + ']' }],
        [leaf ? 0 : 1, () => `[${e('entity')}, ${e('entity')}]`]
      ])()
    case 'strings':
      return random.weighted([
        [2, () => 'principal.tags'],
        [4, () => '[' + Array.from({ length: random.between(0, 4) }, () => quoted(random.pick(texts))).join(', ') + ']'],
        [leaf ? 0 : 1, () => `[${e('string')}, ${e('string')},]`]
      ])()
    case 'record':
      return random.weighted([
        [2, () => 'context'],
        [2, () => 'principal.home'],
        [1, () => '{}'],
        [leaf ? 0 : 3, () => `{a: ${e(random.pick(kTypes))}, "b c": ${e(random.pick(kTypes))}}`],
        [1, () => '{a: {b: 1}}']
      ])()
    case 'decimal': return random.weighted([[4, () => `decimal(${quoted(random.pick(decimals))})`], [1, () => 'context.score'], [1, () => 'principal.home.rate']])()
    case 'ip': return random.weighted([[4, () => `ip(${quoted(random.pick(addresses))})`], [1, () => 'context.ip'], [1, () => 'principal.home.ip']])()
    case 'datetime':
      return random.weighted([
        [4, () => `datetime(${quoted(random.pick(datetimes))})`],
        [3, () => random.pick(['context.now', 'principal.at', 'resource.due'])],
        ...leaf ? [] : [[2, () => `${e('datetime')}.offset(${e('duration')})`], [1, () => `${e('datetime')}.toDate()`]]
      ])()
    default:
      return random.weighted([
        [4, () => `duration(${quoted(random.pick(durations))})`],
        [1, () => 'context.left'],
        ...leaf ? [] : [[2, () => `${e('datetime')}.durationSince(${e('datetime')})`], [1, () => `${e('datetime')}.toTime()`]]
      ])()
  }
}
const kTypes = ['bool', 'long', 'string', 'entity', 'entities', 'strings', 'record', 'decimal', 'ip', 'datetime', 'duration']

const scope = (random, variable, types, slot) => random.weighted([
  [5, () => variable],
  [2, () => `${variable} == ${slot ?? uidText(uid(random, random.pick(types)))}`],
  [3, () => `${variable} in ${slot ?? uidText(uid(random, random.pick(types)))}`],
  [2, () => `${variable} is ${random.pick(types)}`],
  [2, () => `${variable} is ${random.pick(types)} in ${slot ?? uidText(uid(random, random.pick(types)))}`]
])()

export const policy = (random, template = false) => {
  // Many of these are valid.
  if (!template && random.chance(40)) {
    random.tame = true
    const text = `${random.pick(['permit', 'forbid'])} (principal is User, action == Action::"read", resource is Doc) when { ${expression(random, 'bool', random.between(1, 3))} };`
    random.tame = false
    return text
  }
  const action = random.weighted([
    [4, () => 'action'],
    [3, () => `action == ${uidText(uid(random, 'Action'))}`],
    [2, () => `action in ${uidText(uid(random, 'Action'))}`],
    [2, () => `action in [${Array.from({ length: random.between(0, 3) }, () => uidText(uid(random, 'Action'))).join(', ')}]`]
  ])()
  let text = `${random.chance(65) ? 'permit' : 'forbid'} (${scope(random, 'principal', ['User', 'Group'], template ? '?principal' : undefined)}, ${action}, ${scope(random, 'resource', ['Doc', 'Folder'], template && random.chance(50) ? '?resource' : undefined)})`
  for (let n = random.below(3); n > 0; n--) text += ` ${random.pick(['when', 'when', 'unless'])} { ${expression(random, 'bool', random.between(1, 4))} }`
  return text + ';'
}

const extension = (fn, arg) => ({ __extn: { fn, arg } })
const good = { ip: addresses.slice(0, 8), datetime: [...datetimes.slice(3, 5), datetimes[0]], decimal: decimals.slice(0, 6), duration: durations.slice(0, 5) }
const reference = entity => ({ __entity: entity })

export const context = (random, action) => {
  if (random.chance(8)) return random.chance(50) ? {} : { n: 'text' }
  const all = { n: random.pick([0, 1, 7, 4096, -1]) }
  if (action.id === 'share') return all
  all.ip = extension('ip', random.pick(good.ip))
  all.now = extension('datetime', random.pick(good.datetime))
  if (random.chance(50)) all.score = extension('decimal', random.pick(good.decimal))
  if (random.chance(50)) all.left = extension('duration', random.pick(good.duration))
  return all
}

export const someEntities = random => {
  const list = []
  const add = (type, id, attrs, parents, tags) => {
    if (random.chance(8)) return
    list.push({ uid: { type, id }, attrs, parents: parents.filter(() => random.chance(60)), ...tags ? { tags } : {} })
  }
  const user = () => reference(uid(random, 'User'))
  add('Group', 'staff', { name: 'staff' }, [{ type: 'Group', id: 'all' }])
  add('Group', 'all', { name: 'all' }, [])
  for (const id of ['alice', 'bob', 'eve']) {
    const attrs = { name: random.pick(texts), age: random.pick([1, 7, 100]), admin: random.chance(50), at: extension('datetime', random.pick(good.datetime)), tags: [random.pick(texts), random.pick(texts)], home: { ip: extension('ip', random.pick(good.ip)) } }
    if (random.chance(50)) attrs['odd name'] = random.pick(texts)
    if (random.chance(50)) attrs.boss = user()
    if (random.chance(50)) attrs.home.rate = extension('decimal', random.pick(good.decimal))
    add('User', id, attrs, [{ type: 'Group', id: 'staff' }, { type: 'Group', id: 'all' }], random.chance(50) ? { k: random.pick(texts) } : undefined)
  }
  add('Folder', 'f1', { owner: user() }, [{ type: 'Folder', id: 'f2' }])
  add('Folder', 'f2', { owner: user() }, [{ type: 'Folder', id: 'f3' }])
  for (const id of ['d1', 'd2']) {
    const attrs = { owner: user(), size: random.pick([0, 7, 4096]), readers: [user(), user()] }
    if (random.chance(50)) attrs.due = extension('datetime', random.pick(good.datetime))
    if (random.chance(50)) attrs.meta = { kind: random.pick(['x', 'y']), ...random.chance(50) ? { deep: { n: 7 } } : {} }
    add('Doc', id, attrs, [{ type: 'Folder', id: 'f1' }, { type: 'Folder', id: 'f3' }], random.chance(50) ? { k: [1, 2] } : undefined)
  }
  if (random.chance(80)) list.push({ uid: { type: 'Action', id: 'share' }, attrs: {}, parents: [{ type: 'Action', id: 'write' }] })
  if (random.chance(4)) list.push({ uid: { type: 'Folder', id: 'f3' }, attrs: {}, parents: [{ type: 'Folder', id: 'f1' }] })
  return list
}

export const request = random => {
  const action = uid(random, 'Action')
  return {
    principal: uid(random, random.chance(90) ? 'User' : 'Group'),
    action,
    resource: uid(random, random.pick(['Doc', 'Doc', 'Folder'])),
    context: context(random, action)
  }
}

// A text that may not be a policy any more.
export const damaged = (random, text) => {
  const tokens = text.match(/"(?:\\.|[^"\\])*"|\w+|\s+|./gu)
  for (let n = random.between(1, 2); n > 0; n--) {
    const at = random.below(tokens.length)
    random.weighted([
      [2, () => tokens.splice(at, 1)],
      [2, () => tokens.splice(at, 0, tokens[random.below(tokens.length)])],
      [2, () => { tokens[at] = random.pick(['(', ')', ',', '.', '::', 'in', 'is', 'has', 'like', 'if', 'principal', '!', '-', '5', '"\\q"', '"\\x41\\0\\u{1F600}"', '[', ']', '{', '}', ';', '==', '&&', '@a("b")', '?principal', '//', '__cedar', 'ip', 'contains', '%', '\u00a0']) }]
    ])()
  }
  return tokens.join('')
}
