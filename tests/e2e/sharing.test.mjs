// What people may do, as the page at `/` shows it: in headless Chromium, with policies and shares that change meanwhile.

import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, open_window, screenshot } from './lib/browser.mjs';
import { y_client } from './lib/clients.mjs';
import { Mint } from './lib/mint.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 270_000 };

const text_of = (page) => page.locator('[data-testid=editor] .cm-content').evaluate((node) => [...node.querySelectorAll('.cm-line')].map((line) => {
  const copy = line.cloneNode(true);
  for (const extra of copy.querySelectorAll('[data-testid=peer-caret], .cm-widgetBuffer, .cm-placeholder')) extra.remove();
  return copy.textContent;
}).join('\n'));
const state_of = (page, id) => page.getByTestId(id).getAttribute('data-state');
const becomes = (page, id, state) => until(async () => (await state_of(page, id)) === state, async () => `${id} becomes ${state}, it is ${await state_of(page, id)}`, 60_000);
// The document is here, and what is typed comes behind it.
const ready = async (page) => {
  await becomes(page, 'status', 'online');
  await becomes(page, 'saved', 'saved');
};
const editable = async (page) => (await page.locator('.cm-content').getAttribute('contenteditable')) === 'true';
const notice = (page, about) => page.locator(`[data-testid=notice][data-about=${about}]`);
const shows = (page, about) => until(async () => (await notice(page, about).count()) === 1, async () => `a notice about ${about}: ${await page.getByTestId('notices').textContent()}`, 60_000);
const clear = (page) => until(async () => (await page.getByTestId('notice').count()) === 0, async () => `no notice: ${await page.getByTestId('notices').textContent()}`, 60_000);
const said = (page, words) => until(async () => words.test(await page.getByTestId('share-said').textContent()), async () => `${words}: ${await page.getByTestId('share-said').textContent()}`);

async function type(page, words) {
  await page.locator('[data-testid=editor] .cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(words, { delay: 3 });
}

async function start(t, args = []) {
  const mint = new Mint(t);
  const server = await Server.start(t, { args: [...mint.args, ...args], env: { SYNCLINE_TOKEN: 'operator', SYNCLINE_READ_TOKEN: 'look' } });
  const first = await y_client(t, server, 'w', 'note', { params: { token: 'operator', ack: '1' } });
  first.text.insert(0, 'It begins. ');
  await until(() => first.saving.count > 0, 'the first edit is saved');
  const ask = async (method, path, body) => {
    const response = await fetch(`${server.url}/v1/workspaces/w${path}`, { method, headers: { Authorization: 'Bearer operator' }, body });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  };
  const share = (to, role, resource = 'note') => ask('PUT', `/shares?${new URLSearchParams({ resource, to, role })}`);
  const policy = (name, text) => ask('PUT', `/policies/${name}`, text);
  const chrome = await browser(t);
  const open = (token, options) => open_window(chrome, `${server.url}/#/w/note?token=${encodeURIComponent(token)}`, options);
  const stored = () => first.text.toString();
  return { mint, server, chrome, share, policy, open, stored };
}

test('the page opens read-only when that is the right, and says why', kTest, async (t) => {
  const { mint, share, open, stored } = await start(t);
  const reader = await open('look');
  await shows(reader, 'read-only');
  assert.match(await notice(reader, 'read-only').textContent(), /may read this document, not change it.*token is for reading/);
  await until(async () => (await text_of(reader)) === stored(), 'it shows the document');
  assert.equal(await editable(reader), false);
  await type(reader, 'not allowed');
  assert.equal(await text_of(reader), stored());
  assert.equal(await reader.getByTestId('share').isVisible(), false);
  await screenshot(reader, 'sharing-reader');
  assert.deepEqual(reader.problems, []);

  // A role, too: an annotator may write somewhere in the document, and not here.
  await share('principal:ann', 'annotator');
  const annotator = await open(mint.token('ann', 600));
  await shows(annotator, 'read-only');
  assert.match(await notice(annotator, 'read-only').textContent(), /An owner of the document/);
  assert.equal(await editable(annotator), false);
});

test('a writer who may only comment from now on is told at once', kTest, async (t) => {
  const { mint, share, open } = await start(t);
  await share('principal:token', 'owner', '');
  await share('principal:ann', 'editor');
  const ann = await open(mint.token('ann', 600));
  await ready(ann);
  let sockets = 0;
  ann.on('websocket', () => ++sockets);
  await share('principal:ann', 'annotator');
  await shows(ann, 'read-only');
  assert.equal(await editable(ann), false);
  await share('principal:ann', 'editor');
  await clear(ann);
  await until(() => editable(ann), 'she may write again');
  assert.equal(sockets, 0, 'the connection stays');
  assert.deepEqual(ann.problems, []);
});

test('a writer becomes a reader in the middle of a sentence, and a writer again', kTest, async (t) => {
  const { mint, share, open, stored } = await start(t);
  await share('principal:token', 'owner', '');
  await share('principal:ann', 'editor');
  const ann = await open(mint.token('ann', 600));
  await ready(ann);
  await type(ann, 'Half a ');
  await becomes(ann, 'saved', 'saved');
  let sockets = 0;
  ann.on('websocket', () => ++sockets);
  await share('principal:ann', 'viewer');
  await shows(ann, 'read-only');
  await ann.keyboard.type('sentence');
  assert.equal(await text_of(ann), 'It begins. Half a ');
  await share('principal:ann', 'editor');
  await clear(ann);
  // The caret is where it was: nobody has to click.
  await until(() => editable(ann), 'she may write again');
  await ann.keyboard.type('sentence.');
  await until(() => stored() === 'It begins. Half a sentence.', 'the sentence is whole');
  assert.equal(sockets, 0, 'the connection stays');
  assert.deepEqual(ann.problems, []);
});

test('what was written before the page could know is given back', kTest, async (t) => {
  const { mint, share, open, stored } = await start(t);
  await share('principal:token', 'owner', '');
  await share('principal:ann', 'editor');
  const ann = await open(mint.token('ann', 600));
  await ready(ann);
  await type(ann, 'Half a ');
  await becomes(ann, 'saved', 'saved');
  await ann.context().setOffline(true);
  await becomes(ann, 'status', 'offline');
  await ann.keyboard.type('sentence that nobody sees');
  await share('principal:ann', 'viewer');
  await ann.context().setOffline(false);
  await shows(ann, 'lost');
  await shows(ann, 'read-only');
  assert.match(await notice(ann, 'lost').textContent(), /Your last change was refused.*do not let you add text\. Nobody else has seen it/);
  assert.equal(await ann.getByTestId('notice-kept').textContent(), 'sentence that nobody sees');
  await until(async () => (await text_of(ann)) === 'It begins. Half a ', 'the document is in step');
  await becomes(ann, 'saved', 'saved');
  assert.equal(stored(), 'It begins. Half a ');
  await screenshot(ann, 'sharing-lost');
  await ann.getByTestId('notice-drop').click();
  await until(async () => (await notice(ann, 'lost').count()) === 0, 'it is put away');
  assert.deepEqual(ann.problems, []);
});

test('a refused edit says what was refused and why, and the author goes on', kTest, async (t) => {
  const { mint, policy, open, stored } = await start(t);
  await policy('all', 'permit (principal, action, resource);');
  await policy('small', 'forbid (principal == Principal::"ann", action in Action::"write", resource) when { context.size > 400 };');
  await policy('keep', 'forbid (principal == Principal::"ann", action == Action::"delete", resource);');
  const ann = await open(mint.token('ann', 600), { permissions: ['clipboard-read', 'clipboard-write'] });
  await ready(ann);
  await type(ann, 'Ann writes. ');
  await becomes(ann, 'saved', 'saved');
  // A deletion is no text to keep.
  await ann.keyboard.press('Backspace');
  await shows(ann, 'lost');
  assert.match(await notice(ann, 'lost').textContent(), /do not let you delete text/);
  assert.equal(await ann.getByTestId('notice-kept').count(), 0);
  await until(async () => (await text_of(ann)) === 'It begins. Ann writes. ', 'what was deleted is back');
  await ann.getByTestId('notice-drop').click();
  await clear(ann);
  // A text is.
  const long = 'much '.repeat(200);
  await ann.locator('.cm-content').click();
  await ann.keyboard.press('Control+End');
  await ann.keyboard.insertText(long);
  await shows(ann, 'lost');
  assert.equal(await ann.getByTestId('notice-kept').textContent(), long);
  await until(async () => (await text_of(ann)) === 'It begins. Ann writes. ', 'the document is in step');
  await ann.getByTestId('notice-copy').click();
  assert.equal(await ann.evaluate(() => navigator.clipboard.readText()), long);
  await type(ann, 'Little.');
  await becomes(ann, 'saved', 'saved');
  await until(() => stored() === 'It begins. Ann writes. Little.', 'what is allowed is saved');
  assert.equal(await notice(ann, 'lost').count(), 1, 'the text is kept until its author is done');
  assert.deepEqual(ann.problems, []);
});

test('a role given in the dialog makes another browser writable', kTest, async (t) => {
  const { mint, open } = await start(t);
  const boss = await open(mint.token('boss', 600, { scope: 'admin' }));
  const bob = await open(mint.token('bob', 600));
  await ready(bob);
  assert.equal(await bob.getByTestId('share').isVisible(), false, 'who is no owner shares nothing');
  await boss.getByTestId('share').click();
  await boss.getByTestId('share-none').check();
  await boss.getByTestId('share-start').click();
  await said(boss, /You are the owner/);
  await shows(bob, 'refused');
  assert.match(await notice(bob, 'refused').textContent(), /You may not open this document.*do not let you read this document/);

  await boss.getByTestId('share-who').fill('bob');
  await boss.getByTestId('share-role').selectOption('viewer');
  await boss.getByTestId('share-who').press('Enter');
  await said(boss, /bob can read now/);
  await bob.getByTestId('notice-retry').click();
  await shows(bob, 'read-only');
  await boss.getByLabel('Role of bob', { exact: true }).selectOption('editor');
  await said(boss, /bob can edit now/);
  await clear(bob);
  await type(bob, 'Bob was here.');
  await until(async () => (await text_of(boss)) === 'It begins. Bob was here.', 'he writes');
  await screenshot(boss, 'sharing-dialog');

  // The keyboard stays in the dialog, and comes back to the button that opened it.
  for (let i = 0; i < 15; ++i) {
    await boss.keyboard.press('Tab');
    assert.ok(await boss.evaluate(() => document.activeElement === document.body || document.activeElement.closest('#share-dialog') !== null));
  }
  await boss.getByLabel('Take the role of bob away').click();
  await said(boss, /bob has no role/);
  await shows(bob, 'refused');
  await boss.keyboard.press('Escape');
  assert.equal(await boss.evaluate(() => document.activeElement.id), 'share');
  for (const page of [boss, bob]) assert.deepEqual(page.problems, []);
});

test('people who are here are suggested, and a guest is marked', kTest, async (t) => {
  const { mint, share, open } = await start(t, ['--stamp-presence']);
  await share('principal:boss', 'owner', '');
  await share('everyone', 'viewer', '');
  const boss = await open(mint.token('boss', 600, { name: 'The Boss' }));
  await ready(boss);
  const ann = await open(mint.token('ann-7', 600, { name: 'Ann Lee' }));
  const guest = await open('look');
  for (const page of [ann, guest]) await becomes(page, 'status', 'online');
  await guest.getByTestId('name').fill('Ann Lee');
  await guest.getByTestId('name').press('Enter');
  await boss.getByTestId('share').click();
  const here = () => boss.getByTestId('share-suggestion').allTextContents();
  await until(async () => (await here()).join() === 'Ann Leeann-7,Ann Lee (not verified)reader', async () => `both are suggested: ${JSON.stringify(await here())}`);
  await screenshot(boss, 'sharing-suggested');
  await boss.getByLabel('Choose Ann Lee, ann-7').click();
  assert.equal(await boss.getByTestId('share-who').inputValue(), 'ann-7');
  await boss.getByTestId('share-role').selectOption('editor');
  await boss.getByTestId('share-give').click();
  await said(boss, /ann-7 can edit now/);
  await clear(ann);
  // Whoever has a role, or leaves, is suggested no more.
  await until(async () => (await here()).join() === 'Ann Lee (not verified)reader', async () => `ann is not: ${JSON.stringify(await here())}`);
  await guest.context().close();
  await until(async () => !(await boss.getByText('Here now').isVisible()), 'nobody is suggested');
  for (const page of [boss, ann]) assert.deepEqual(page.problems, []);
});

test('a link lets in whoever has it, and ends when it is undone', kTest, async (t) => {
  const { mint, server, chrome, share, open, stored } = await start(t);
  await share('principal:token', 'owner', '');
  await share('principal:boss', 'owner');
  // An owner of the document need not administer anything.
  const boss = await open(mint.token('boss', 600));
  await ready(boss);
  await boss.getByTestId('share').click();
  const make = async (role) => {
    await boss.getByTestId('share-link-role').selectOption(role);
    await boss.getByTestId('share-make').click();
    await said(boss, /The link is made/);
    const link = await boss.getByTestId('share-url').inputValue();
    return { link, token: new URLSearchParams(link.split('?')[1]).get('token') };
  };
  const reading = await make('viewer');
  const guest = await open_window(chrome, reading.link);
  await shows(guest, 'read-only');
  await until(async () => (await text_of(guest)) === stored(), 'the guest reads');
  assert.ok(!guest.url().includes('token'));
  const editing = await make('editor');
  const writer = await open_window(chrome, editing.link);
  await ready(writer);
  await type(writer, 'By a link.');
  await until(() => stored() === 'It begins. By a link.', async () => `the guest writes: ${JSON.stringify([stored(), await text_of(writer), await writer.getByTestId('notices').textContent(), await state_of(writer, 'saved')])}`);
  assert.equal(await boss.getByTestId('share-link-item').count(), 2);

  const status = async (token) => (await fetch(`${server.url}/v1/workspaces/w/objects/note`, { headers: { Authorization: `Bearer ${token}` } })).status;
  assert.deepEqual([await status(reading.token), await status(editing.token)], [200, 200]);
  await boss.getByLabel(/^Undo the link that can edit/).click();
  await said(boss, /does not open the document any more/);
  await shows(writer, 'refused');
  assert.match(await notice(writer, 'refused').textContent(), /You may not open this document. *This link has ended/);
  assert.deepEqual([await status(reading.token), await status(editing.token)], [200, 403]);
  assert.equal(await boss.getByTestId('share-link-item').count(), 1);
  await screenshot(writer, 'sharing-ended');
  // Also the published client.
  const late = await y_client(t, server, 'w', 'note', { params: { token: editing.token }, wait: false });
  const code = await new Promise((ended) => late.provider.on('connection-close', (event) => event && ended(event.code)));
  assert.equal(code, 4403);
  assert.ok((await fresh_text(t, server, reading.token)).includes('By a link.'));
  for (const page of [boss, guest, writer]) assert.deepEqual(page.problems, []);
});

const fresh_text = async (t, server, token) => (await y_client(t, server, 'w', 'note', { params: { token } })).text.toString();

test('a server that lets nobody in now is no lost connection', kTest, async (t) => {
  const server = await Server.start(t);
  const made = await fetch(`${server.url}/v1/tenants/acme?max_connections=1`, { method: 'POST' });
  assert.equal(made.status, 201);
  const chrome = await browser(t);
  const one = await open_window(chrome, `${server.url}/t/acme/#/w/note`);
  await becomes(one, 'status', 'online');
  const two = await open_window(chrome, `${server.url}/t/acme/#/w/note`);
  await shows(two, 'waiting');
  assert.match(await notice(two, 'waiting').textContent(), /does not let you in now.*Your organization has reached its limit of 1 connections/);
  await one.context().close();
  await becomes(two, 'status', 'online');
  await clear(two);
  await server.kill();
  await becomes(two, 'status', 'offline');
  assert.match(await two.getByTestId('status').textContent(), /Offline/);
  assert.deepEqual(two.problems, []);
});
