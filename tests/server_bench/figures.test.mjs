// The arithmetic of bench/server, and the report that a file gets.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compare, median, rowsOf } from '../../bench/server/figures.mjs'
import { place, verdict } from '../../bench/server/report.mjs'

const scenario = {
  name: 'one',
  figures: [
    { key: 'cost', label: 'cost', better: 'less' },
    { key: 'speed', label: 'speed', better: 'more' },
    { key: 'bytes', label: 'bytes', better: 'less', absolute: true },
    { key: 'tail', label: 'tail', better: 'less', watched: true }
  ]
}
const run = (round, subject, cost, speed, bytes, tail) =>
  ({ round, scenario: 'one', subject, figures: { cost, speed, bytes, tail }, others: 0, complaints: [] })

// The machine is half as fast in round 2: ratios stay.
const runs = (ours, theirs) => [1, 2, 3].flatMap((round, i) => {
  const slow = [1, 2, 1][i]
  return [
    run(round, 'relay', 10 * slow, 100 / slow, 1, 1 * slow),
    run(round, 'syncline', ours.cost * slow, ours.speed / slow, ours.bytes, ours.tail),
    run(round, 'baseline', theirs.cost * slow, theirs.speed / slow, theirs.bytes, theirs.tail)
  ]
})
const rows = (ours, theirs) => rowsOf(runs(ours, theirs), [scenario], ['relay', 'syncline', 'baseline'])
const even = { cost: 20, speed: 50, bytes: 3, tail: 5 }

test('medians of odd, even and no numbers', () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 3, 2]), 2.5)
  assert.equal(median([]), undefined)
})

test('ratios are to the relay of the same round', () => {
  const [cost, speed, bytes] = rows(even, even)
  assert.deepEqual(cost.of.syncline.ratio, { median: 2, least: 2, most: 2, rounds: 3 })
  assert.deepEqual(cost.of.syncline.value, { median: 20, least: 20, most: 40, rounds: 3 })
  assert.equal(speed.of.syncline.ratio.median, 0.5)
  assert.equal(bytes.of.syncline.ratio, undefined)
})

test('a figure that is missing in a round does not count there', () => {
  const some = runs(even, even).filter(run => !(run.round === 1 && run.subject === 'syncline'))
  const [cost] = rowsOf(some, [scenario], ['relay', 'syncline'])
  assert.equal(cost.of.syncline.ratio.rounds, 2)
  assert.deepEqual(rowsOf([], [scenario], ['relay', 'syncline']), [])
})

test('the same is not worse', () => {
  assert.deepEqual(verdict(rows(even, even)), [])
  assert.ok(compare(rows(even, even), 'syncline', 'baseline').every(one => one.times === 1))
})

test('a tenth worse is allowed, more is not, whichever way is better', () => {
  const found = ours => verdict(rows({ ...even, ...ours }, even)).map(line => line.split(' is ')[0])
  assert.deepEqual(found({ cost: 21.9 }), [])
  assert.deepEqual(found({ cost: 22.1 }), ['one: cost'])
  assert.deepEqual(found({ cost: 5 }), [])
  assert.deepEqual(found({ speed: 46 }), [])
  assert.deepEqual(found({ speed: 45 }), ['one: speed'])
  assert.deepEqual(found({ speed: 500 }), [])
  assert.deepEqual(found({ bytes: 3.4 }), ['one: bytes'])
  assert.deepEqual(found({ cost: 30, speed: 10 }), ['one: cost', 'one: speed'])
})

test('what is only watched fails nothing', () => {
  const worse = rows({ ...even, tail: 50 }, even)
  assert.deepEqual(verdict(worse), [])
  assert.ok(compare(worse, 'syncline', 'baseline').find(one => one.figure === 'tail').worse)
})

test('the table is put between the marks of a file, again and again, and nothing else changes', () => {
  const before = '# Title\n\n<!-- results: begin -->\nold\n<!-- results: end -->\n\nThe end.\n'
  const once = place('new\n', before)
  assert.equal(once, '# Title\n\n<!-- results: begin -->\n\nnew\n\n<!-- results: end -->\n\nThe end.\n')
  assert.equal(place('new\n', once), once)
  assert.equal(place('new\n', undefined), 'new\n')
  assert.equal(place('new\n', 'no marks'), 'new\n')
})
