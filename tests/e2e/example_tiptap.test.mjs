// examples/tiptap, as it stands there: named users edit in TipTap, one only reads, and the history names who wrote what.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { browser, open_window } from './lib/browser.mjs';
import { Server, at_end, repository, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

// A copy below node_modules of these tests, so that it uses the packages that are there.
function copy_of_example(t) {
  const folder = mkdtempSync(join(dirname(fileURLToPath(import.meta.url)), 'node_modules', '.example-'));
  at_end(t, async () => rmSync(folder, { recursive: true, force: true }));
  for (const file of ['app.mjs', 'page.mjs', 'index.html', 'package.json']) cpSync(join(repository, 'examples/tiptap', file), join(folder, file));
  return folder;
}

async function start_app(t, syncline, key) {
  const app = spawn(process.execPath, ['app.mjs'], {
    cwd: copy_of_example(t),
    env: { ...process.env, SYNCLINE_KEY: key, SYNCLINE_URL: syncline, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  at_end(t, async () => app.kill('SIGKILL'));
  let printed = '';
  app.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  await until(() => printed.includes('open http'), 'the application listens');
  return printed.match(/http:\/\/\S+/)[0];
}

test('Ann and Bob write, Cleo reads, and each is named', { timeout: 120_000 }, async (t) => {
  const dir = scratch_dir(t);
  const made = run(['key', 'create', '--data-dir', dir, '--label', 'app', '--rights', 'write', '--for-others']);
  assert.equal(made.status, 0, made.stderr);
  const server = await Server.start(t, { dir, args: ['--require-token'] });
  const url = await start_app(t, server.url, made.stdout.trim());

  const chrome = await browser(t);
  const windows = {};
  for (const user of ['ann', 'bob', 'cleo']) {
    windows[user] = await open_window(chrome, url);
    await windows[user].locator(`[data-user=${user}]`).click();
    await until(async () => (await windows[user].locator('#status').innerText()) === 'connected', `${user} is connected`);
  }
  const { ann, bob, cleo } = windows;
  const text_of = (page) => page.locator('.ProseMirror').innerText();
  await ann.locator('.ProseMirror').click();
  await ann.keyboard.type('Written by Ann. ');
  await until(async () => (await text_of(bob)).includes('Written by Ann.'), 'Bob sees it');
  await bob.locator('.ProseMirror').click();
  await bob.keyboard.press('Control+End');
  await bob.keyboard.type('And by Bob.');
  for (const page of [ann, cleo]) await until(async () => (await text_of(page)).includes('And by Bob.'), 'the others see it');
  for (const page of [ann, bob, cleo]) await until(async () => (await page.locator('#people').innerText()) === 'Ann, Bob, Cleo', 'each sees who is there');
  await until(async () => (await cleo.locator('.ProseMirror-yjs-cursor').allInnerTexts()).some((name) => name.includes('Bob')), 'the cursor has a name');
  assert.equal(await cleo.locator('.ProseMirror').getAttribute('contenteditable'), 'false');

  // The server says so, too, and not only the page.
  const session = await (await fetch(`${url}session`, { headers: { Cookie: 'user=cleo' } })).json();
  const put = await fetch(`${server.url}/v1/workspaces/app/objects/plan?root=x`, {
    method: 'PUT', headers: { Authorization: `Bearer ${session.ticket}`, 'Content-Type': 'text/plain' }, body: 'by Cleo' });
  assert.equal(put.status, 403);
  assert.equal((await fetch(`${url}session`, { headers: { Cookie: 'user=eve' } })).status, 401);
  const history = run(['log', 'tail', 'app', '-n', '100', '--server', server.url], { env: { SYNCLINE_TOKEN: made.stdout.trim() } });
  assert.match(history.stdout, /Ann/);
  assert.match(history.stdout, /Bob/);
  assert.doesNotMatch(history.stdout, /Cleo/);
  for (const page of Object.values(windows)) assert.deepEqual(page.problems, []);
});
