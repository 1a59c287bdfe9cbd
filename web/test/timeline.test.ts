import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pieces_of } from '../src/past_dom.ts';
import { join_sessions, Timeline, type SessionEntry } from '../src/timeline.ts';

const minute = 60_000;
const entry = (principal: string, first: number, last: number, began: number, ended: number, changes = last - first + 1): SessionEntry => ({
  principal, actor: '', first, last, began: new Date(began * minute).toISOString(), ended: new Date(ended * minute).toISOString(), changes, inserted: changes, deleted: 0,
});

test('steps count the changes of the object, and positions are those of the workspace', () => {
  const timeline = new Timeline();
  timeline.add({ kept_from: 0, runs: [[10, 2], [20, 1], [30, 3]], sessions: [entry('ann', 10, 32, 0, 5, 6)], next: null });
  assert.equal(timeline.count, 6);
  assert.deepEqual([0, 1, 2, 3, 4, 6, 9].map((step) => timeline.position_of(step)), [9, 10, 11, 20, 30, 32, 32]);
  assert.deepEqual([9, 10, 15, 20, 29, 31, 99].map((position) => timeline.step_of(position)), [0, 1, 2, 3, 3, 5, 6]);
  for (let step = 1; step <= 6; ++step) assert.equal(timeline.step_of(timeline.position_of(step)), step);
});

test('an earlier page comes before what is known', () => {
  const timeline = new Timeline();
  timeline.add({ kept_from: 0, runs: [[100, 5]], sessions: [entry('ann', 100, 104, 50, 51)], next: 100 });
  timeline.add({ kept_from: 0, runs: [[3, 2], [90, 1]], sessions: [entry('ann', 90, 90, 45, 45), entry('bob', 3, 4, 1, 1)], next: null });
  assert.equal(timeline.count, 8);
  assert.deepEqual([0, 1, 2, 3, 4, 8].map((step) => timeline.position_of(step)), [2, 3, 4, 90, 100, 104]);
  assert.deepEqual(timeline.sessions.map(({ author, first, last, changes }) => [author, first, last, changes]), [['ann', 90, 104, 6], ['bob', 3, 4, 2]]);
});

test('nothing happened', () => {
  const timeline = new Timeline();
  assert.deepEqual([timeline.count, timeline.position_of(0), timeline.step_of(7), timeline.first_step], [0, 0, 0, 0]);
});

test('what retention has dropped is not reached', () => {
  const timeline = new Timeline();
  timeline.add({ kept_from: 6, runs: [[1, 3], [8, 2]], sessions: [], next: null });
  assert.equal(timeline.first_step, 3);
});

test('an author who pauses begins a new session, and two authors at once have one each', () => {
  const timeline = new Timeline();
  timeline.add({ kept_from: 0, runs: [[1, 30]], sessions: [entry('ann', 1, 9, 0, 4), entry('bob', 2, 20, 1, 6), entry('ann', 10, 12, 13, 14), entry('ann', 25, 30, 60, 61)], next: null });
  assert.deepEqual(timeline.sessions.map(({ author, first, last }) => [author, first, last]), [['ann', 25, 30], ['bob', 2, 20], ['ann', 1, 12]]);
  assert.equal(timeline.session_at(15)?.author, 'bob');
  assert.deepEqual(join_sessions([]), []);
});

test('a long text is cut at ends of lines, and nothing of it is lost', () => {
  const text = Array.from({ length: 900 }, (_, index) => `line ${index}`).join('\n');
  const pieces = pieces_of(text);
  assert.equal(pieces.join(''), text);
  assert.ok(pieces.length > 2 && pieces.slice(0, -1).every((piece) => piece.endsWith('\n')));
  assert.deepEqual([pieces_of(''), pieces_of('short\n'), pieces_of('x'.repeat(5000)).length], [[], ['short\n'], 1]);
});
