// In headless Chromium: the page that the server brings, and editors of others on pages of our own.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Y, fresh } from './lib/clients.mjs';
import { browser, open_window, screenshot, serve_page } from './lib/browser.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 270_000 };

const text_of = (page) => page.locator('[data-testid=editor] .cm-content').evaluate((node) => [...node.querySelectorAll('.cm-line')].map((line) => {
  const copy = line.cloneNode(true);
  for (const extra of copy.querySelectorAll('.cm-ySelectionCaret, [data-testid=peer-caret], .cm-widgetBuffer, .cm-placeholder')) extra.remove();
  return copy.textContent;
}).join('\n'));
const state_of = (page, id) => page.getByTestId(id).getAttribute('data-state');
const becomes = (page, id, state) => until(async () => (await state_of(page, id)) === state, async () => `${id} becomes ${state}, it is ${await state_of(page, id)}`, 60_000);

async function type(page, words) {
  await page.locator('[data-testid=editor] .cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(words, { delay: 3 });
}

test('the page', { timeout: 450_000 }, async (t) => {
  const server = await Server.start(t);
  const chrome = await browser(t);
  const url = `${server.url}/#/demo/page`;

  await t.test('it loads from this server alone, and shows itself saved and online', kTest, async () => {
    const requests = [];
    const page = await open_window(chrome, 'about:blank');
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    await becomes(page, 'status', 'online');
    await becomes(page, 'saved', 'saved');
    assert.ok(requests.length > 1);
    for (const request of requests) assert.ok(request.startsWith(server.url) || request.startsWith('data:'), request);
    assert.deepEqual(page.problems, []);
    assert.equal(await page.getByTestId('document').inputValue(), 'demo/page');
    await page.context().close();
  });

  await t.test('two windows type at once and end with the same', kTest, async () => {
    const [a, b] = [await open_window(chrome, url), await open_window(chrome, url)];
    for (const page of [a, b]) await becomes(page, 'status', 'online');
    await type(a, '# A plan\n\nWritten by two. ');
    await until(async () => (await text_of(b)).includes('Written by two.'), 'b sees it');
    await Promise.all([type(a, 'Ada was here. '), type(b, 'Bob was here. ')]);
    await until(async () => (await text_of(a)) === (await text_of(b)) && (await text_of(a)).includes('Bob'), 'both show the same');
    const text = await text_of(a);
    assert.equal([...text].filter((letter) => letter === '.').length, 3, text);
    for (const page of [a, b]) await becomes(page, 'saved', 'saved');
    assert.equal((await fresh(t, server, 'demo', 'page')).text.toString(), text);

    // Each sees the other's name and caret, and sees them go.
    await until(async () => (await a.getByTestId('peer').count()) === 1 && (await b.getByTestId('peer').count()) === 1, 'each sees one other');
    await until(async () => (await b.getByTestId('peer-caret').count()) === 1, "b sees a's caret");
    await screenshot(a, 'page-two-windows');
    await a.context().close();
    await until(async () => (await b.getByTestId('peer').count()) === 0, 'a is gone');
    await until(async () => (await b.getByTestId('peer-caret').count()) === 0, "a's caret is gone");
    assert.deepEqual(b.problems, []);
    await b.context().close();
  });

  await t.test('the link opens a second window on the same document', kTest, async () => {
    const page = await open_window(chrome, `${server.url}/#/demo/${encodeURIComponent('linked 文字')}`);
    await becomes(page, 'status', 'online');
    await type(page, 'shared');
    const [popup] = await Promise.all([page.context().waitForEvent('page'), page.getByTestId('second-window').click()]);
    await until(async () => (await text_of(popup)) === 'shared', 'the second window shows it');
    assert.equal((await fresh(t, server, 'demo', encodeURIComponent('linked 文字'))).text.toString(), 'shared');
    await page.context().close();
  });

  await t.test('another document by its name', kTest, async () => {
    const page = await open_window(chrome, url);
    await becomes(page, 'status', 'online');
    await page.getByTestId('document').fill('demo/other');
    await page.getByTestId('go').click();
    await until(async () => (await text_of(page)) === '', 'the other document is empty');
    await becomes(page, 'status', 'online');
    await type(page, 'elsewhere');
    await becomes(page, 'saved', 'saved');
    assert.equal((await fresh(t, server, 'demo', 'other')).text.toString(), 'elsewhere');
    await page.context().close();
  });

  await t.test('the server dies and comes back: offline is shown, edits are kept, then saved', kTest, async () => {
    const [a, b] = [await open_window(chrome, `${server.url}/#/demo/outage`), await open_window(chrome, `${server.url}/#/demo/outage`)];
    await becomes(a, 'status', 'online');
    await type(a, 'before. ');
    await becomes(a, 'saved', 'saved');
    await until(async () => (await text_of(b)) === 'before. ', 'b sees it');
    await server.kill();
    for (const page of [a, b]) await becomes(page, 'status', 'offline');
    await type(a, 'Ada offline. ');
    await type(b, 'Bob offline. ');
    await becomes(a, 'saved', 'kept');
    assert.ok(Number(await a.getByTestId('saved').getAttribute('data-unsaved')) > 0);
    await screenshot(a, 'page-offline');
    await server.launch();
    for (const page of [a, b]) {
      await becomes(page, 'status', 'online');
      await becomes(page, 'saved', 'saved');
    }
    await until(async () => (await text_of(a)) === (await text_of(b)), 'both show the same');
    const text = await text_of(a);
    for (const words of ['before.', 'Ada offline.', 'Bob offline.']) assert.equal(text.split(words).length, 2, text);
    assert.equal((await fresh(t, server, 'demo', 'outage')).text.toString(), text);
    await screenshot(a, 'page-back-online');
    for (const page of [a, b]) {
      assert.deepEqual(page.problems, []);
      await page.context().close();
    }
  });
});

test('the page with a token', kTest, async (t) => {
  const server = await Server.start(t, { env: { SYNCLINE_TOKEN: 'sesame' } });
  const chrome = await browser(t);
  const denied = await open_window(chrome, `${server.url}/#/demo/secret`);
  await becomes(denied, 'status', 'refused');
  assert.match(await denied.getByTestId('status').textContent(), /token/);
  await screenshot(denied, 'page-refused');
  const page = await open_window(chrome, `${server.url}/#/demo/secret?token=sesame`);
  await becomes(page, 'status', 'online');
  await type(page, 'open');
  await becomes(page, 'saved', 'saved');
});

// What both test pages are put through; `act` does what differs between them.
async function edit_together(t, name, server_url, act) {
  const server = await Server.start(t);
  const chrome = await browser(t);
  const base = await serve_page(t, name);
  const url = (who) => `${base}#${new URLSearchParams({ server: server_url(server), object: `pages/${name}`, name: who })}`;
  const [a, b] = [await open_window(chrome, url('Ada')), await open_window(chrome, url('Bob'))];
  const pages = [a, b];
  const call = (page, what) => page.evaluate((what) => window.test[what](), what);
  const all = (what) => Promise.all(pages.map((page) => call(page, what)));
  const agree = async () => {
    await until(async () => {
      const [one, two] = (await all('vector')).map((vector) => JSON.stringify(vector));
      const [x, y] = await all('xml');
      return one === two && x === y && (await all('synced')).every(Boolean);
    }, async () => `both have the same: ${await all('xml')}`, 20_000);
    const [one, two] = await all('json');
    assert.deepEqual(one, two);
    return one;
  };
  const write = async (page, words) => {
    await page.locator('.ProseMirror').focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.type(words, { delay: 5 });
  };
  for (const page of pages) await until(() => call(page, 'synced'), 'it has synced', 60_000);

  // Together: a paragraph with a mark, a list.
  await write(a, 'Hello ');
  await act.bold(a);
  await write(a, 'heavy');
  await act.bold(a);
  await write(a, ' world');
  await a.keyboard.press('Enter');
  await act.list(a);
  await write(a, 'milk');
  await a.keyboard.press('Enter');
  await write(a, 'bread');
  const first = JSON.stringify(await agree());
  assert.match(first, new RegExp(act.marks.bold));
  assert.match(first, new RegExp(act.marks.list));
  assert.equal(first.match(new RegExp(`"${act.marks.item}"`, 'g')).length, 2, first);
  await act.here?.(a, b);

  // Apart: both write into the same list and the same paragraph.
  await all('offline');
  await write(a, ' and butter');
  await b.keyboard.press('Control+Home');
  await b.locator('.ProseMirror').focus();
  await b.keyboard.press('Control+Home');
  await b.keyboard.type('Bob says: ', { delay: 5 });
  await write(b, '!');
  await b.keyboard.press('Enter');
  await b.keyboard.type('eggs', { delay: 5 });
  assert.notEqual(await call(a, 'xml'), await call(b, 'xml'));
  await all('online');
  const second = JSON.stringify(await agree());
  for (const words of ['Bob says: Hello ', 'milk', ' and butter', 'eggs', 'heavy']) assert.equal(second.split(words).length, 2, second);

  // Typing at the same time, and the server dies meanwhile.
  await Promise.all([write(a, ' one two three'), write(b, ' four five six'), server.restart()]);
  const third = await agree();
  await Promise.all(pages.map((page, i) => screenshot(page, `${name}-${i + 1}`)));

  // Who comes later has it, too; and so has the server, without anybody else.
  for (const page of pages) await call(page, 'offline');
  await server.restart();
  const late = await open_window(chrome, url('Cleo'));
  await until(() => call(late, 'synced'), 'it has synced', 60_000);
  assert.deepEqual(await call(late, 'json'), third);
  const doc = (await fresh(t, server, 'w', `pages/${name}`)).doc;
  assert.equal(doc.get(act.root, Y.XmlFragment).toString(), await call(late, 'xml'));
  for (const page of [...pages, late]) assert.deepEqual(page.problems, []);
}

test('ProseMirror: y-prosemirror over y-websocket', { timeout: 360_000 }, (t) =>
  edit_together(t, 'prosemirror', (server) => server.y('w'), {
    root: 'prosemirror',
    marks: { bold: '"strong"', list: '"bullet_list"', item: 'list_item' },
    bold: (page) => page.keyboard.press('Control+b'),
    list: (page) => page.keyboard.press('Control+l'),
    here: async (a, b) => {
      await until(async () => (await b.locator('.ProseMirror-yjs-cursor').count()) === 1, "b sees a's cursor");
      assert.equal(await b.locator('.ProseMirror-yjs-cursor').textContent(), '\u2060Ada\u2060');
    },
  }));

test('TipTap over the Hocuspocus provider', { timeout: 360_000 }, (t) =>
  edit_together(t, 'tiptap', (server) => server.hocuspocus('w'), {
    root: 'default',
    marks: { bold: '"bold"', list: '"bulletList"', item: 'listItem' },
    bold: (page) => page.keyboard.press('Control+b'),
    list: (page) => page.keyboard.type('- '),
  }));
