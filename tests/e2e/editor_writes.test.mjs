// Scripts edit by quotes while published editors have the document open in a browser: the cursor and the marks of what was
// not touched stay. forms.test.mjs does the same with whole documents.

import assert from 'node:assert/strict';
import test from 'node:test';
import { browser, open_window, serve_page } from './lib/browser.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

const address = (server, name) => `${server.url}/v1/workspaces/w/objects/editors/${name}`;
const call = (page, what, ...args) => page.evaluate(([what, args]) => window.test[what](...args), [what, args]);

async function open_editor(t, server, name, server_url = server.y('w')) {
  const base = await serve_page(t, name);
  const page = await open_window(await browser(t), `${base}#${new URLSearchParams({ server: server_url, object: `editors/${name}`, name: 'Ada' })}`);
  await until(() => call(page, 'synced'), 'it has synced', 60_000);
  return page;
}

async function show(server, name, form) {
  const response = await fetch(`${address(server, name)}?as=${form}`);
  return { status: response.status, text: await response.text() };
}

async function edit(server, name, root, ...ops) {
  const response = await fetch(address(server, name), {
    method: 'PATCH', headers: { 'Content-Type': 'application/vnd.syncline.text+json' }, body: JSON.stringify({ root, ops }),
  });
  return { status: response.status, ...(await response.json()) };
}

async function put(server, name, type, body, query = '') {
  const response = await fetch(address(server, name) + query, { method: 'PUT', headers: { 'Content-Type': type }, body });
  return { status: response.status, ...(await response.json()) };
}

const shows = (server, name, form, wanted) => {
  let shown;
  return until(async () => { shown = await show(server, name, form); return shown.text === wanted; }, () => `the server shows ${JSON.stringify(shown)}`);
};

test('CodeMirror: edits by quotes and a whole text keep the selection', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'codemirror');
  await call(page, 'set', 'const a = 1;\nconst b = 2;\nconsole.log(a + b);\n');
  await shows(server, 'codemirror', 'text', 'const a = 1;\nconst b = 2;\nconsole.log(a + b);\n');
  await call(page, 'select', 'console');
  const edited = await edit(server, 'codemirror', 'codemirror', { insert: '// sums\n', at: 0 }, { replace: { quote: '2', after: ';' }, with: '40' });
  assert.equal(edited.status, 200, JSON.stringify(edited));
  await until(async () => (await call(page, 'text')) === '// sums\nconst a = 1;\nconst b = 40;\nconsole.log(a + b);\n', 'the editor shows the edit');
  assert.equal(await call(page, 'selected'), 'console');
  const whole = '// sums\nconst first = 1;\nconst b = 40;\nconsole.log(first + b);\n';
  assert.equal((await put(server, 'codemirror', 'text/plain', whole, '?root=codemirror')).status, 200);
  await until(async () => (await call(page, 'text')) === whole, 'the editor shows the text');
  assert.equal(await call(page, 'selected'), 'console');
  assert.deepEqual(page.problems, []);
});

test('TipTap: edits by quotes keep marks and the selection', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'tiptap', server.hocuspocus('w'));
  await call(page, 'set', '<h1>Plan</h1><p>The quick <strong>brown</strong> fox<br>jumps</p><ul><li><p>over the lazy dog</p></li></ul>');
  await shows(server, 'tiptap', 'text', 'Plan\nThe quick brown fox\njumps\nover the lazy dog\n');
  await call(page, 'select', 'lazy');
  const edited = await edit(server, 'tiptap', 'default', { replace: 'rown', with: 'lack' }, { insert: ' high', after: 'jumps' }, { delete: { quote: ' dog' } },
    { insert: 'est', after: { quote: 'fox', before: 'Plan\nThe quick black ' } });
  assert.equal(edited.status, 200, JSON.stringify(edited));
  const wanted = '<h1>Plan</h1><p>The quick <strong>black</strong> foxest<br>jumps high</p><ul><li><p>over the lazy</p></li></ul>';
  await until(async () => (await call(page, 'html')) === wanted, async () => `the editor shows ${await call(page, 'html')}`);
  assert.equal(await call(page, 'selected'), 'lazy');
  const twice = await edit(server, 'tiptap', 'default', { delete: 'l' });
  assert.equal(twice.status, 409);
  assert.match(twice.error.message, /\(3 candidates\)/);
  const index = await edit(server, 'tiptap', 'default', { insert: 'x', at: 0 });
  assert.equal(index.status, 409);
  assert.match(index.error.message, /quote what stands there/);
  assert.deepEqual(page.problems, []);
});

test('Lexical: every form reads it, and edits by quotes keep nodes, formats and the selection', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'lexical');
  await call(page, 'fill');
  await shows(server, 'lexical', 'markdown', '## Plan\n\nThe quick **brown** fox jumps over the lazy dog\\\n[*a link*](https://example.org/)\n\n'
    + '- one\n\n  3. inner\n\n- two\n\n* [x] done\n* [ ] open\n\n> quoted\n\n```js\na < b\n```\n');
  assert.equal((await show(server, 'lexical', 'html')).text, '<h2>Plan</h2><p>The quick <strong>brown</strong> fox jumps over the lazy dog<br>'
    + '<a href="https://example.org/" rel="noopener noreferrer nofollow"><em>a link</em></a></p><ul><li><p>one</p><ol start="3"><li><p>inner</p></li></ol></li>'
    + '<li><p>two</p></li></ul><ul data-type="taskList"><li data-type="taskItem" data-checked="true"><p>done</p></li>'
    + '<li data-type="taskItem" data-checked="false"><p>open</p></li></ul><blockquote><p>quoted</p></blockquote><pre><code class="language-js">a &lt; b</code></pre>');
  assert.equal((await show(server, 'lexical', 'text')).text, 'Plan\nThe quick brown fox jumps over the lazy dog\na link\none\ninner\ntwo\ndone\nopen\nquoted\na < b\n');
  assert.equal((await show(server, 'lexical', 'delta')).status, 406);

  const nodes = await call(page, 'nodes');
  await call(page, 'select', 'lazy');
  const edited = await edit(server, 'lexical', 'root', { insert: 'very ', before: 'quick' }, { replace: 'brown', with: 'black' }, { insert: ' more', after: 'inner' },
    { replace: { quote: 'jumps over' }, with: 'leaps over' });
  assert.equal(edited.status, 200, JSON.stringify(edited));
  await until(async () => (await call(page, 'text')).includes('The very quick black fox leaps over the lazy dog'), async () => `the editor shows ${await call(page, 'text')}`);
  assert.equal(await call(page, 'selected'), 'lazy');
  assert.deepEqual(await call(page, 'nodes'), nodes);
  assert.match((await show(server, 'lexical', 'markdown')).text, /The very quick \*\*black\*\* fox leaps over the lazy dog/);
  assert.match((await show(server, 'lexical', 'markdown')).text, /3\. inner more/);

  const refused = await put(server, 'lexical', 'text/markdown', '# Other\n', '?root=root');
  assert.equal(refused.status, 422);
  assert.match(refused.error.message, /change its texts by quotes/);
  assert.deepEqual(page.problems, []);
});
