// The page in headless Chromium: every kind of object, the history of one, edits that outlive a closed tab, the page of a
// workspace; and each of these states is judged by axe-core, in light and dark, wide and at 320 pixels.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'node:test';
import * as Y14 from 'yjs-14';
import { browser, open_window, screenshot } from './lib/browser.mjs';
import { Y, fresh, y_client } from './lib/clients.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 240_000 };
const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kPicture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAoAAAAKCAYAAACNMs+9AAAAFUlEQVR42mNk+M9Qz0AEYBxVSF+FABJADveWkH6oAAAAAElFTkSuQmCC', 'base64');

const state_of = (page, id) => page.getByTestId(id).getAttribute('data-state');
const becomes = (page, id, state) => until(async () => (await state_of(page, id)) === state, async () => `${id} becomes ${state}, it is ${await state_of(page, id)}`, 30_000);
const editor_text = (page) => page.locator('.cm-content').evaluate((node) => [...node.querySelectorAll('.cm-line')].map((line) => {
  const copy = line.cloneNode(true);
  for (const extra of copy.querySelectorAll('[data-testid=peer-caret], .cm-widgetBuffer, .cm-placeholder')) extra.remove();
  return copy.textContent;
}).join('\n'));

function element(name, attributes, ...children) {
  const made = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.insert(0, children.map((child) => {
    if (typeof child !== 'string') return child;
    const text = new Y.XmlText();
    text.insert(0, child);
    return text;
  }));
  return made;
}

async function write(t, server, workspace, object, change) {
  const client = await y_client(t, server, workspace, object, { params: { ack: '1' } });
  const before = client.saving.count;
  client.doc.transact(() => change(client.doc));
  await until(() => client.saving.count > before, `${object} is saved`);
  return client;
}

// What axe-core finds that keeps somebody from using the page.
async function judge(page, what) {
  // The policy of the page lets no script in; a driver may.
  const found = await page.evaluate(`${kAxe};axe.run(document, { resultTypes: ['violations'] })`);
  const bad = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  assert.deepEqual(bad.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map(({ html }) => html).join(' ').slice(0, 300)}`), []);
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth), false, `${what} scrolls sideways`);
}

const kLooks = [['light', 1280], ['dark', 1280], ['light', 320], ['dark', 320]];

// Most states in two looks, which differ in both respects; those with most on them in all four.
async function judge_all(page, what, looks = [kLooks[0], kLooks[3]]) {
  for (const [colorScheme, width] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: width === 320 ? 640 : 800 });
    await screenshot(page, `state-${what}-${colorScheme}-${width}`);
    await judge(page, `${what}, ${colorScheme}, ${width} px`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('the page and its states', kTest, async (t) => {
  const server = await Server.start(t);
  const chrome = await browser(t);
  const open = (object) => open_window(chrome, `${server.url}/#/w/${object}`);
  const api = async (method, path, body, headers = {}) => {
    const response = await fetch(`${server.url}${path}`, { method, body, headers });
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
    return response;
  };

  await t.test('rich text is shown as its editor would, and follows', kTest, async () => {
    const writer = await write(t, server, 'w', 'tiptap', (doc) => doc.getXmlFragment('default').insert(0, [
      element('heading', { level: 1 }, 'Launch plan'),
      element('bulletList', {}, element('listItem', {}, element('paragraph', {}, 'Buy bread'))),
      element('table', {}, element('tableRow', {}, element('tableHeader', {}, element('paragraph', {}, 'Item')), element('tableCell', {}, element('paragraph', {}, 'Bread')))),
      element('codeBlock', {}, 'const a = 1;'),
      element('mention', { id: 'ann' }),
    ]));
    const page = await open('tiptap');
    await page.getByTestId('view-root').waitFor();
    assert.equal(await page.locator('.cm-editor').isVisible(), false, 'no editor over it');
    assert.equal(await page.locator('.view h1').textContent(), 'Launch plan');
    assert.equal(await page.locator('.view li').textContent(), 'Buy bread');
    assert.equal(await page.locator('.view th').textContent(), 'Item');
    assert.match(await page.locator('.view-unknown').textContent(), /mention.*ann/);
    writer.doc.getXmlFragment('default').get(0).get(0).insert(0, 'The ');
    await until(async () => (await page.locator('.view h1').textContent()) === 'The Launch plan', 'the view follows');
    await judge_all(page, 'rich-text', kLooks);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  await t.test('maps, lists and several roots; the text among them is written', kTest, async () => {
    await write(t, server, 'w', 'board', (doc) => {
      doc.getMap('board').set('title', 'Shopping');
      const items = new Y.Array();
      doc.getMap('board').set('items', items);
      items.push([new Y.Map([['id', 1], ['what', 'Bread']]), new Y.Map([['id', 2], ['what', 'Milk']])]);
      doc.getArray('log').push(['begun', { by: 'ann' }]);
      doc.getText('content').insert(0, 'Notes beside it.');
    });
    const page = await open('board');
    await until(async () => (await page.getByTestId('root').count()) === 3, 'three roots');
    assert.equal(await editor_text(page), 'Notes beside it.');
    await page.getByTestId('root').filter({ hasText: 'board' }).click();
    assert.deepEqual(await page.locator('.view tbody tr').allTextContents(), ['1Bread', '2Milk']);
    assert.equal(await page.locator('.cm-editor').isVisible(), false);
    await judge_all(page, 'data');
    await page.getByTestId('root').filter({ hasText: 'content' }).click();
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' More.');
    await becomes(page, 'saved', 'saved');
    const { doc } = await fresh(t, server, 'w', 'board');
    assert.equal(doc.getText('content').toString(), 'Notes beside it. More.');
    assert.equal(doc.getMap('board').get('title'), 'Shopping');
    await page.context().close();
  });

  await t.test('a formatted text is not edited as a plain one', kTest, async () => {
    await write(t, server, 'w', 'quill', (doc) => doc.getText('content').applyDelta([{ insert: 'Title' }, { insert: '\n', attributes: { header: 1 } }, { insert: 'bold', attributes: { bold: true } }, { insert: { image: 'https://example.com/a.png' } }, { insert: '\n' }]));
    const page = await open('quill');
    await page.getByTestId('view-root').waitFor();
    assert.equal(await page.locator('.view h1').textContent(), 'Title');
    assert.equal(await page.locator('.view strong').textContent(), 'bold');
    assert.equal(await page.locator('.cm-editor').isVisible(), false);
    await page.context().close();
  });

  await t.test('what Yjs 14 wrote is shown', kTest, async () => {
    const doc = new Y14.Doc();
    doc.getMap('map').set('answer', 42);
    doc.getMap('map').set('nested', new Y14.Map([['inner', 'value']]));
    doc.getText('words').insert(0, 'written by 14');
    await api('PATCH', '/v1/workspaces/w/objects/fourteen', Y14.encodeStateAsUpdate(doc), { 'Content-Type': 'application/vnd.yjs.update' });
    const page = await open('fourteen');
    await until(async () => (await page.getByTestId('root').count()) === 2, 'two roots');
    assert.match(await page.getByTestId('viewer').textContent(), /answer42.*inner.*value/);
    await page.getByTestId('root').filter({ hasText: 'words' }).click();
    assert.equal(await page.getByTestId('viewer').textContent(), 'written by 14');
    await page.context().close();
  });

  await t.test('files and streams', kTest, async () => {
    await api('PUT', '/v1/workspaces/w/files/logo?name=logo.png', kPicture, { 'Content-Type': 'image/png' });
    await api('PUT', '/streams/w/events', JSON.stringify([{ sensor: 1, value: 20.5 }, { sensor: 2, value: 21 }]), { 'Content-Type': 'application/json' });
    const page = await open('logo');
    await page.locator('.view-file img').waitFor();
    assert.ok(await page.locator('.view-file img').evaluate((image) => image.decode().then(() => image.naturalWidth)) > 0, 'the picture is shown');
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByTestId('view-download').click()]);
    assert.equal(file.suggestedFilename(), 'logo.png');
    assert.deepEqual(readFileSync(await file.path()), kPicture);
    await judge_all(page, 'file');
    await page.goto(`${server.url}/#/w/events`);
    await until(async () => (await page.getByTestId('view-message').count()) === 2, 'both messages');
    assert.match(await page.getByTestId('view-message').first().textContent(), /"sensor":1/);
    assert.equal(await page.getByTestId('notice').count(), 0);
    await judge_all(page, 'stream');
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  await t.test('the history: sessions, words that differ, names, a restore and its undo', kTest, async () => {
    for (const words of ['The first line is old. ', 'A second one. ']) {
      const client = await write(t, server, 'w', 'plan', (doc) => doc.getText('content').insert(doc.getText('content').length, words));
      client.provider.destroy();
    }
    await write(t, server, 'w', 'plan', (doc) => doc.getText('content').delete(18, 3));
    await write(t, server, 'w', 'plan', (doc) => doc.getText('content').insert(18, 'new'));
    const now = 'The first line is new. A second one. ';
    const page = await open('plan');
    await becomes(page, 'status', 'online');
    await page.getByTestId('history').click();
    await becomes(page, 'history-panel', 'shown');
    assert.equal(await page.getByTestId('history-text').textContent(), now);
    assert.equal(await page.getByTestId('history-session').count(), 4, 'a session for each connection of a guest');
    await judge_all(page, 'history', kLooks);

    // Between two moments: the words that differ.
    const slider = page.getByTestId('history-slider');
    await slider.focus();
    await slider.press('Home');
    await slider.press('ArrowRight');
    await slider.press('ArrowRight');
    await until(async () => (await page.getByTestId('history-text').textContent()) === 'The first line is old. A second one. ', 'the second change');
    await page.getByTestId('history-compare-now').click();
    await until(async () => (await page.locator('.past-text ins').count()) === 1, 'a comparison');
    assert.equal(await page.locator('.past-text ins').textContent(), 'old');
    assert.equal(await page.locator('.past-text del').textContent(), 'new');
    await judge_all(page, 'difference', [kLooks[1], kLooks[2]]);
    await page.getByTestId('history-compare-end').click();
    await until(async () => (await page.locator('.past-text ins').count()) === 0, 'no comparison');

    // A name, and its undo.
    await page.getByTestId('history-name').click();
    await page.getByTestId('history-name-text').fill('first draft');
    await page.getByTestId('history-name-set').click();
    await until(async () => (await page.getByTestId('history-pin').allTextContents()).join() === 'first-draft', 'the name is in the list');
    const { pins } = await server.json('/v1/workspaces/w/pins');
    assert.equal(pins[0].name, 'first-draft');

    // Back, and forth again.
    await page.getByTestId('history-restore').click();
    await until(async () => (await editor_text(page)) === 'The first line is old. A second one. ', 'it is as it was');
    await judge_all(page, 'toast');
    await page.getByTestId('toast-undo').click();
    await until(async () => (await editor_text(page)) === now, 'it is as it was before that');
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  await t.test('what retention has dropped is said', kTest, async () => {
    for (let i = 0; i < 6; ++i) await write(t, server, 'kept', 'note', (doc) => doc.getText('content').insert(0, `${i} `));
    await api('PUT', '/v1/workspaces/kept/retention?keep_last=2', '');
    await api('POST', '/v1/workspaces/kept/retention', '');
    const page = await open_window(chrome, `${server.url}/#/kept/note`);
    await becomes(page, 'status', 'online');
    await page.getByTestId('history').click();
    await becomes(page, 'history-panel', 'shown');
    await page.getByTestId('history-kept').waitFor();
    await page.getByTestId('history-slider').press('Home');
    await becomes(page, 'history-panel', 'shown');
    assert.match(await page.getByTestId('history-text').textContent(), /^[34] /);
    await page.context().close();
  });

  await t.test('edits made offline outlive the tab', kTest, async () => {
    const page = await open('offline');
    const context = page.context();
    await becomes(page, 'saved', 'saved');
    await page.locator('.cm-content').click();
    await page.keyboard.type('Online. ');
    await becomes(page, 'saved', 'saved');
    await context.setOffline(true);
    await becomes(page, 'status', 'offline');
    await page.keyboard.type('Written without a server. ');
    await until(async () => /in this browser/.test(await page.getByTestId('saved').textContent()), async () => `kept: ${await page.getByTestId('saved').textContent()}`);
    await judge_all(page, 'offline');
    await page.close();
    await context.setOffline(false);
    assert.equal((await fresh(t, server, 'w', 'offline')).text.toString(), 'Online. ');
    const next = await context.newPage();
    await next.goto(`${server.url}/#/w/offline`);
    await becomes(next, 'saved', 'saved');
    assert.equal(await editor_text(next), 'Online. Written without a server. ');
    assert.equal((await fresh(t, server, 'w', 'offline')).text.toString(), 'Online. Written without a server. ');
    await until(async () => (await next.evaluate(() => localStorage.getItem('syncline.kept'))) === null, 'nothing is kept any more');
    await until(async () => (await next.evaluate(async () => (await indexedDB.databases()).length)) === 0, 'no store is left');
    await context.close();
  });

  await t.test('the page of a workspace', kTest, async () => {
    const reader = await open('plan');
    await becomes(reader, 'status', 'online');
    const page = await open_window(chrome, `${server.url}/w/w`);
    await becomes(page, 'ws', 'shown');
    const names = () => page.getByTestId('ws-row').evaluateAll((rows) => rows.map((row) => row.dataset.object));
    assert.ok((await names()).includes('tiptap') && (await names()).includes('logo'));
    const row = (object) => page.locator(`[data-testid=ws-row][data-object="${object}"]`);
    assert.match(await row('logo').textContent(), /^logoFile.*by a guest/);
    assert.match(await row('plan').textContent(), /^planDocument\d+ B/);
    await until(async () => (await row('plan').getByTestId('ws-person').count()) === 1, 'somebody has the plan open');
    await judge_all(page, 'workspace', kLooks);
    await page.getByTestId('ws-prefix').fill('ti');
    await until(async () => (await names()).join() === 'tiptap', 'only what begins so');
    await page.getByTestId('ws-prefix').fill('');

    await row('quill').getByTestId('ws-rename').click();
    await page.getByTestId('ws-rename-name').fill('notes/quill');
    await page.keyboard.press('Enter');
    await row('notes/quill').waitFor();
    await page.getByTestId('toast-undo').click();
    await row('quill').waitFor();

    await row('quill').getByTestId('ws-delete').click();
    await row('quill').waitFor({ state: 'detached' });
    assert.match(await page.getByTestId('ws-deleted').textContent(), /quill/);
    await page.getByTestId('toast-undo').click();
    await row('quill').waitFor();

    await page.getByTestId('ws-name').fill('notes/new');
    await page.getByTestId('ws-create').click();
    await becomes(page, 'saved', 'saved');
    assert.equal(page.url(), `${server.url}/#/w/notes/new`);
    await judge_all(page, 'empty');
    await page.getByTestId('workspace').click();
    await becomes(page, 'ws', 'shown');
    assert.deepEqual(page.problems, []);
    await page.context().close();
    await reader.context().close();
  });

  await t.test('the keyboard', kTest, async () => {
    const page = await open('plan');
    await becomes(page, 'status', 'online');
    await page.locator('.cm-content').click();
    await page.keyboard.press('Control+/');
    assert.equal(await page.getByTestId('keys-dialog').isVisible(), true);
    await judge_all(page, 'keyboard');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Alt+KeyH');
    await becomes(page, 'history-panel', 'shown');
    await page.keyboard.press('Escape');
    assert.equal(await page.getByTestId('history-panel').isVisible(), false);
    await page.keyboard.press('Control+k');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'document');
    await page.context().close();
  });
});

test('with a token: it is asked for, and who may only read is told', kTest, async (t) => {
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'sesame', SYNCLINE_READ_TOKEN: 'look' } });
  const chrome = await browser(t);
  const client = await y_client(t, server, 'w', 'note', { params: { token: 'sesame', ack: '1' } });
  client.text.insert(0, 'Secret.');
  const page = await open_window(chrome, `${server.url}/#/w/note`);
  await page.getByTestId('token-dialog').waitFor();
  await judge_all(page, 'token');
  await page.getByTestId('token').fill('look');
  await page.getByTestId('token-open').click();
  await until(async () => (await editor_text(page)) === 'Secret.', 'the document is shown');
  await page.locator('[data-testid=notice][data-about=read-only]').waitFor();
  await judge_all(page, 'read-only');
  await page.getByTestId('workspace').click();
  await becomes(page, 'ws', 'shown');
  assert.equal(await page.getByTestId('ws-create').isVisible(), false);
  assert.equal(await page.getByTestId('ws-delete').count(), 0);
  await page.context().close();
  const stranger = await open_window(chrome, `${server.url}/w/w`);
  await stranger.getByTestId('token-dialog').waitFor();
  await judge_all(stranger, 'workspace-token');
  await stranger.context().close();
});
