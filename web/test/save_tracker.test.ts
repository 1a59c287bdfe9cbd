import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SaveTracker } from '../src/save_tracker.ts';
import { sent_kind } from '../src/socket.ts';

function opened(): SaveTracker {
  const tracker = new SaveTracker();
  tracker.connected();
  tracker.sent('step2');
  tracker.confirmed(1);
  return tracker;
}

function type(tracker: SaveTracker): void {
  tracker.edited();
  tracker.sent('update');
}

test('an edit is unsaved until its message is confirmed', () => {
  const tracker = opened();
  type(tracker);
  type(tracker);
  assert.equal(tracker.unsaved, 2);
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 1);
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 0);
});

test('one confirmation may cover several messages, or none', () => {
  const tracker = opened();
  for (let i = 0; i < 5; i++) type(tracker);
  tracker.confirmed(4);
  tracker.confirmed(0);
  assert.equal(tracker.unsaved, 1);
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 0);
});

test('a confirmation of more than was sent is not believed', () => {
  const tracker = opened();
  type(tracker);
  tracker.confirmed(2);
  assert.equal(tracker.unsaved, 1);
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 0);
});

test('offline edits stay unsaved until the next step 2 is confirmed', () => {
  const tracker = opened();
  type(tracker);
  tracker.edited();
  tracker.edited();
  assert.equal(tracker.unsaved, 3);
  tracker.connected();
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 3);
  tracker.sent('step2');
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 0);
});

test('an update sent ahead of step 2 says nothing about older edits', () => {
  const tracker = new SaveTracker();
  tracker.edited();
  tracker.connected();
  type(tracker);
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 2);
  tracker.sent('step2');
  type(tracker);
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 1);
  tracker.confirmed(1);
  assert.equal(tracker.unsaved, 0);
});

test('only sync step 2 and updates count as content', () => {
  assert.equal(sent_kind(Uint8Array.of(0, 0, 1, 0)), null);
  assert.equal(sent_kind(Uint8Array.of(0, 1, 2, 0, 0)), 'step2');
  assert.equal(sent_kind(Uint8Array.of(0, 2, 2, 0, 0)), 'update');
  assert.equal(sent_kind(Uint8Array.of(1, 2)), null);
  assert.equal(sent_kind(Uint8Array.of()), null);
});
