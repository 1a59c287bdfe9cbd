// Any moment of a workspace, over HTTP and on the page: states, changes, authors, pins, and the way back.

import assert from 'node:assert/strict';
import test from 'node:test';
import { converged, fresh, y_client } from './lib/clients.mjs';
import { browser, open_window, screenshot } from './lib/browser.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 180_000 };

async function ask(server, method, path, headers = {}) {
  const response = await fetch(`${server.url}/v1/workspaces/${path}`, { method, headers });
  const text = await response.text();
  return { status: response.status, json: text === '' ? null : JSON.parse(text) };
}
const get = async (server, path) => {
  const { status, json } = await ask(server, 'GET', path);
  assert.equal(status, 200, JSON.stringify(json));
  return json;
};

// A text that grows word by word, by two people in turn: its state after each word.
async function write(t, server, workspace, words) {
  const ann = await y_client(t, server, workspace, 'note');
  const ben = await y_client(t, server, workspace, 'note');
  const states = [''];
  for (const [i, word] of words.entries()) {
    const writer = [ann, ben][i % 2];
    writer.text.insert(writer.text.length, word);
    await converged([ann, ben]);
    const { position } = await get(server, `${workspace}/objects/note`);
    assert.equal(position, i + 1);
    states.push(writer.text.toString());
  }
  return states;
}

test('states, changes, authors and pins, through a kill', kTest, async (t) => {
  const server = await Server.start(t);
  const words = ['one ', 'two ', 'three ', 'four ', 'five '];
  const states = await write(t, server, 'team', words);
  assert.equal((await ask(server, 'PUT', 'team/pins/draft?at=2')).status, 200);
  for (let round = 0; round < 2; ++round) {
    for (const [at, content] of states.entries()) {
      if (at === 0) continue;
      const object = await get(server, `team/objects/note?at=${at}`);
      assert.deepEqual(object, { workspace: 'team', object: 'note', at, position: at, state: { content } });
      assert.deepEqual(await get(server, `team/state?at=${at}`), { at, objects: [{ object: 'note', position: at, state: { content } }], unreadable: [], next: null });
    }
    assert.equal((await get(server, 'team/objects/note?at=draft')).state.content, 'one two ');
    assert.equal((await get(server, 'team/objects/note?at=2100-01-01')).position, 5);
    assert.deepEqual((await get(server, 'team/pins')).pins.map(({ name, position }) => [name, position]), [['draft', 2]]);
    const { changes, next } = await get(server, 'team/changes?from=draft&to=4&limit=1');
    assert.deepEqual(changes[0].changes, [{ path: 'content', delta: [{ retain: 8 }, { insert: 'three ' }] }]);
    const rest = await get(server, `team/changes?from=draft&to=4&after=${next}`);
    assert.deepEqual(rest.changes.map((change) => change.position), [4]);
    const { texts } = await get(server, 'team/blame/note');
    assert.deepEqual(texts[0].runs.map((run) => [run.text, run.position]), words.map((word, i) => [word, i + 1]));
    const actors = texts[0].runs.map((run) => run.actor);
    assert.ok(actors[0] === actors[2] && actors[1] === actors[3] && actors[0] !== actors[1], String(actors));
    if (round === 0) {
      await server.kill();
      await server.launch();
    }
  }
  for (const [method, path, status] of [['GET', 'team/objects/note?at=7', 404], ['GET', 'team/objects/note?at=0', 404], ['GET', 'team/objects/note?at=%2F', 400],
    ['GET', 'team/objects/note?at=nothing', 404], ['PUT', 'team/pins/1st', 400], ['DELETE', 'team/pins/other', 404], ['POST', 'team/pins/x', 405],
    ['POST', 'team/log', 405], ['DELETE', 'team/log', 405], ['GET', 'team/blame/other', 404], ['PUT', 'team/pins/far?at=99', 404]]) {
    assert.equal((await ask(server, method, path)).status, status, `${method} ${path}`);
  }
  assert.equal((await ask(server, 'PUT', 'team/pins/x', { Origin: 'http://evil.example' })).status, 403);
  assert.equal((await ask(server, 'DELETE', 'team/pins/draft')).status, 204);
  assert.deepEqual((await get(server, 'team/pins')).pins, []);
});

test('a past state comes back as a new change, or elsewhere', kTest, async (t) => {
  const server = await Server.start(t);
  const states = await write(t, server, 'team', ['one ', 'two ', 'three ']);
  const live = await y_client(t, server, 'team', 'note');

  const dry = await ask(server, 'POST', 'team/restore/note?at=1&dry_run=1');
  assert.deepEqual(dry.json.changes, [{ path: 'content', delta: [{ retain: 4 }, { delete: 10 }] }]);
  assert.equal((await get(server, 'team/objects/note')).position, 3);

  for (const refused of ['team/restore/note?at=1', 'team/restore/note?at=1&confirm=other', 'team/restore/note?confirm=team', 'team/restore/note?at=1&into=team'])
    assert.equal((await ask(server, 'POST', refused)).status, 400, refused);
  assert.equal((await ask(server, 'POST', 'team/restore/note?at=1&confirm=team', { Origin: 'http://evil.example' })).status, 403);

  const done = await ask(server, 'POST', 'team/restore/note?at=1&confirm=team');
  assert.deepEqual([done.status, done.json.position, done.json.changed], [200, 4, true]);
  await until(() => live.text.toString() === states[1], 'everybody sees it');
  assert.equal((await ask(server, 'POST', 'team/restore/note?at=1&confirm=team')).json.changed, false);
  assert.equal((await get(server, 'team/objects/note')).position, 4);
  // What is equal keeps its author; what was there before can be had again.
  assert.deepEqual((await get(server, 'team/blame/note')).texts[0].runs.map((run) => run.position), [1]);
  assert.equal((await ask(server, 'POST', 'team/restore/note?at=3&confirm=team')).status, 200);
  await until(() => live.text.toString() === states[3], 'and back again');

  assert.equal((await ask(server, 'POST', 'team/restore/note?at=2&into=branch')).status, 200);
  assert.equal((await fresh(t, server, 'branch', 'note')).text.toString(), states[2]);
  assert.equal((await ask(server, 'POST', 'team/restore/note?at=2&into=branch')).status, 409);
  assert.equal((await get(server, 'team/objects/note')).position, 5);
});

test('an event says where it was accepted, and in which trace', kTest, async (t) => {
  const server = await Server.start(t, { args: ['--region', 'eu', '--node', 'n1'] });
  const client = await y_client(t, server, 'team', 'note');
  client.text.insert(0, 'a');
  await converged([client, await fresh(t, server, 'team', 'note')]);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  client.text.insert(1, 'b');
  await until(async () => (await get(server, 'team/objects/note')).position === 2, 'both are there');
  for (const header of [traceparent, 'nonsense'])
    assert.equal((await ask(server, 'POST', `team/restore/note?at=${header === traceparent ? 1 : 2}&confirm=team`, { traceparent: header })).status, 200);
  const events = (await (await fetch(`${server.url}/v1/workspaces/team/log`)).text()).trimEnd().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(events.map(({ region, node, trace, actor_seq }) => [region, node, trace, actor_seq]),
    [['eu', 'n1', undefined, events[0].actor_seq], ['eu', 'n1', undefined, events[1].actor_seq], ['eu', 'n1', traceparent, undefined], ['eu', 'n1', undefined, undefined]]);
  // What the client answers to the server when it connects counts, too, so there may be a gap.
  assert.ok(events[1].actor_seq > events[0].actor_seq, `${events[0].actor_seq}, ${events[1].actor_seq}`);
});

test('the page: a slider, authors in colour, restore', { timeout: 300_000 }, async (t) => {
  const server = await Server.start(t);
  const states = await write(t, server, 'demo', ['The first line.\n', 'A second one, by somebody else.\n', 'And a third. ', 'The end.\n']);
  const chrome = await browser(t);
  const page = await open_window(chrome, `${server.url}/#/demo/note`);
  const panel = page.getByTestId('history-panel');
  const shows = (position) => until(async () => (await panel.getAttribute('data-state')) === 'shown' && (await panel.getAttribute('data-position')) === String(position),
    async () => `position ${position} is shown, it is ${await panel.getAttribute('data-position')}`, 30_000);
  const slide = (position) => page.getByTestId('history-slider').fill(String(position));
  const text = () => page.getByTestId('history-text').textContent();

  await until(async () => (await page.getByTestId('status').getAttribute('data-state')) === 'online', 'online');
  await page.getByTestId('history').click();
  await shows(4);
  assert.equal(await text(), states[4]);
  assert.equal(await page.getByTestId('history-restore').isDisabled(), true);
  assert.equal(await page.locator('[data-testid=history-authors] li').count(), 2);
  const colors = await page.locator('.written').evaluateAll((runs) => runs.map((run) => run.style.getPropertyValue('--peer')));
  assert.equal(colors.length, 4);
  assert.ok(colors[0] === colors[2] && colors[1] === colors[3] && colors[0] !== colors[1], String(colors));
  await screenshot(page, 'history-now');
  for (const position of [1, 3, 2]) {
    await slide(position);
    await shows(position);
    assert.equal(await text(), states[position]);
  }
  await screenshot(page, 'history-then');
  await slide(0);
  await shows(0);
  assert.equal(await text(), '');
  await slide(2);
  await shows(2);
  await page.getByTestId('history-restore').click();
  await until(async () => !(await panel.isVisible()), 'the panel closes');
  assert.equal((await fresh(t, server, 'demo', 'note')).text.toString(), states[2]);
  await until(async () => !(await page.locator('.cm-content').textContent()).includes('third'), 'the editor shows it');
  await page.getByTestId('history').click();
  await shows(5);
  await page.getByTestId('history-close').click();
  assert.deepEqual(page.problems, []);
});
