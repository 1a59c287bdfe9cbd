// Documents that published editors have made, in other forms; and Markdown put into them while they are open.

import assert from 'node:assert/strict';
import test from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { Schema } from 'prosemirror-model';
import { schema as basic } from 'prosemirror-schema-basic';
import { addListNodes } from 'prosemirror-schema-list';
import { prosemirrorJSONToYDoc, yXmlFragmentToProsemirrorJSON } from 'y-prosemirror';
import { Y } from './lib/clients.mjs';
import { browser, open_window, serve_page } from './lib/browser.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

const address = (server, object) => `${server.url}/v1/workspaces/w/objects/${object}`;

async function show(server, object, form) {
  const response = await fetch(`${address(server, object)}?as=${form}`);
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return form === 'delta' || form === 'json' ? JSON.parse(text) : text;
}

async function put(server, object, body, query = '', type = 'text/markdown') {
  const response = await fetch(`${address(server, object)}${query}`, { method: 'PUT', headers: { 'Content-Type': type }, body });
  const answer = await response.json();
  assert.ok(response.ok, JSON.stringify(answer));
  return answer;
}

const call = (page, what, ...args) => page.evaluate(([what, args]) => window.test[what](...args), [what, args]);

async function open_editor(t, server, name, server_url) {
  const base = await serve_page(t, name);
  const page = await open_window(await browser(t), `${base}#${new URLSearchParams({ server: server_url, object: `forms/${name}`, name: 'Ada' })}`);
  await until(() => call(page, 'synced'), 'it has synced', 60_000);
  return page;
}

// What TipTap adds to links, and we write in another order.
const without_link_options = (html) => html.replace(/<a [^>]*href="([^"]*)"[^>]*>/g, '<a href="$1">');

const kRich = '<h2>Plan &amp; more</h2><p>Some <strong>bold</strong>, <strong><em>both</em></strong>, <s>old</s>, <u>under</u>, <code>a &lt; b</code> and '
  + '<a href="https://example.org/?a=1&amp;b=2">a link</a><br>second line</p><ul><li><p>one</p><ol start="3"><li><p>three</p></li></ol></li>'
  + '<li><p>two</p></li></ul><blockquote><p>quoted</p></blockquote><pre><code class="language-js">if (a &lt; b) {\n  c();\n}</code></pre><hr><p>The end.</p>';

test('TipTap: HTML as the editor gives it, and Markdown put while it is open', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'tiptap', server.hocuspocus('w'));
  await call(page, 'set', kRich);
  await until(async () => without_link_options(await show(server, 'forms/tiptap', 'html')) === without_link_options(await call(page, 'html')),
    async () => `the server shows ${await call(page, 'html')}, not ${await show(server, 'forms/tiptap', 'html')}`);

  // Another word in one paragraph, and a new item. The cursor stays in the text that stays.
  await call(page, 'select', 'quoted');
  const markdown = await show(server, 'forms/tiptap', 'markdown');
  const changed = markdown.replace('second line', 'next line').replace(/^- two$/m, '- two\n- **four**');
  assert.notEqual(changed, markdown);
  const before = (await fetch(address(server, 'forms/tiptap'))).headers.get('Syncline-Position');
  const answer = await put(server, 'forms/tiptap', changed);
  assert.equal(answer.position, Number(before) + 1);
  await until(async () => (await call(page, 'html')).includes('next line'), 'the editor shows it');
  const html = without_link_options(await call(page, 'html'));
  assert.equal(html, kRich.replace('second line', 'next line').replace('<p>two</p></li>', '<p>two</p></li><li><p><strong>four</strong></p></li>'));
  assert.equal(await call(page, 'selected'), 'quoted');

  // The same again changes nothing; HTML of the editor neither.
  assert.equal((await put(server, 'forms/tiptap', await show(server, 'forms/tiptap', 'markdown'))).changed, false);
  assert.equal((await put(server, 'forms/tiptap', await call(page, 'html'), '', 'text/html')).changed, false);
  assert.deepEqual(page.problems, []);
});

test('Quill: the delta of the editor, and Markdown put while it is open', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'quill', server.y('w'));
  await call(page, 'set', [
    { insert: 'Plan' }, { insert: '\n', attributes: { header: 1 } }, { insert: 'some ' }, { insert: 'bold', attributes: { bold: true } },
    { insert: ' text' }, { insert: '\n', attributes: { align: 'right' } }, { insert: 'one' }, { insert: '\n', attributes: { list: 'bullet' } },
    { insert: 'two' }, { insert: '\n', attributes: { list: 'ordered', indent: 1 } }, { insert: 'last' }, { insert: '\n', attributes: { blockquote: true } },
  ]);
  const same = (a, b) => { try { assert.deepEqual(a, b); return true; } catch { return false; } };
  await until(async () => same((await show(server, 'forms/quill', 'delta')).ops, await call(page, 'delta')),
    async () => `the server shows ${JSON.stringify(await call(page, 'delta'))}, not ${JSON.stringify(await show(server, 'forms/quill', 'delta'))}`);

  const markdown = await show(server, 'forms/quill', 'markdown');
  assert.equal(markdown, '# Plan\n\nsome **bold** text\n\n- one\n  1. two\n\n> last\n');
  await call(page, 'select', 20);
  await put(server, 'forms/quill', markdown.replace('Plan', 'The plan').replace(' text', ' texts'));
  const wanted = [
    { insert: 'The plan' }, { insert: '\n', attributes: { header: 1 } }, { insert: 'some ' }, { insert: 'bold', attributes: { bold: true } },
    { insert: ' texts' }, { insert: '\n', attributes: { align: 'right' } }, { insert: 'one' }, { insert: '\n', attributes: { list: 'bullet' } },
    { insert: 'two' }, { insert: '\n', attributes: { list: 'ordered', indent: 1 } }, { insert: 'last' }, { insert: '\n', attributes: { blockquote: true } },
  ];
  await until(async () => same(await call(page, 'delta'), wanted), async () => `the editor shows it, not ${JSON.stringify(await call(page, 'delta'))}`);
  assert.equal(await call(page, 'selected'), 25);
  assert.deepEqual(page.problems, []);
});

test('BlockNote: blocks keep their ids and colours under a PUT', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'blocknote', server.y('w'));
  await call(page, 'set', [
    { type: 'heading', props: { level: 2 }, content: 'Plan' },
    { type: 'paragraph', content: [{ type: 'text', text: 'some ', styles: {} }, { type: 'text', text: 'bold', styles: { bold: true } }, { type: 'text', text: ' red', styles: { textColor: 'red' } }] },
    { type: 'bulletListItem', content: 'one', children: [{ type: 'numberedListItem', content: 'inner' }] },
    { type: 'checkListItem', props: { checked: true }, content: 'done' },
    { type: 'quote', content: 'quoted' },
    { type: 'codeBlock', props: { language: 'javascript' }, content: 'a < b' },
  ]);
  const markdown = '## Plan\n\nsome **bold** red\n\n- one\n  1. inner\n\n* [x] done\n\n> quoted\n\n```javascript\na < b\n```\n';
  let shown = '';
  await until(async () => {
    const response = await fetch(`${address(server, 'forms/blocknote')}?as=markdown`);
    shown = await response.text();
    return shown === markdown;
  }, () => `the server shows ${shown}`);
  const before = await call(page, 'blocks');
  await put(server, 'forms/blocknote', markdown.replace('bold', 'bolder').replace('1. inner\n', '1. inner\n- two\n'));
  await until(async () => JSON.stringify(await call(page, 'blocks')).includes('bolder'), 'the editor shows it');
  const after = await call(page, 'blocks');
  assert.deepEqual(after.map(({ type }) => type).slice(0, 7), ['heading', 'paragraph', 'bulletListItem', 'bulletListItem', 'checkListItem', 'quote', 'codeBlock']);
  assert.equal(after[3].content[0].text, 'two');
  assert.deepEqual([...after.slice(0, 3), ...after.slice(4, 7)].map(({ id }) => id), before.slice(0, 6).map(({ id }) => id));
  assert.deepEqual(after[1].content.map(({ text, styles }) => [text, styles]), [['some ', {}], ['bolder', { bold: true }], [' red', { textColor: 'red' }]]);
  assert.deepEqual(page.problems, []);
});

// What TipTap adds to tables for their looks.
const without_table_looks = (html) => html.replace(/<colgroup>.*?<\/colgroup>/g, '').replace(/ style="[^"]*"/g, '').replace(/ (colspan|rowspan)="1"/g, '');

const shows_markdown = async (server, object, wanted) => {
  let shown = '';
  await until(async () => {
    shown = await (await fetch(`${address(server, object)}?as=markdown`)).text();
    return shown === wanted;
  }, () => `the server shows ${shown}`);
};

test('TipTap: tables and images, there and back, while the cursor is in a cell', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'tiptap', server.hocuspocus('w'));
  const html = '<p>Before</p><table><tbody><tr><th><p>name</p></th><th><p>price</p></th></tr><tr><td><p>bread</p></td><td><p><strong>2</strong></p></td></tr></tbody></table>'
    + '<img src="https://example.org/a.png" alt="a loaf" title="Bread"><img src="/b.png"><p>After</p>';
  await call(page, 'set', html);
  await until(async () => (await show(server, 'forms/tiptap', 'html')) === html, async () => `the server shows ${await show(server, 'forms/tiptap', 'html')}`);
  const markdown = 'Before\n\n| name | price |\n| --- | --- |\n| bread | **2** |\n\n![a loaf](https://example.org/a.png "Bread")\n\n![](/b.png)\n\nAfter\n';
  await shows_markdown(server, 'forms/tiptap', markdown);
  await call(page, 'select', 'bread');
  await put(server, 'forms/tiptap', markdown.replace('**2** |', '**3** |\n| milk | 1 |').replace('a loaf', 'two loaves'));
  const wanted = html.replace('<strong>2</strong></p></td></tr>', '<strong>3</strong></p></td></tr><tr><td><p>milk</p></td><td><p>1</p></td></tr>').replace('a loaf', 'two loaves');
  await until(async () => without_table_looks(await call(page, 'html')) === wanted, async () => `the editor shows ${await call(page, 'html')}`);
  assert.equal(await call(page, 'selected'), 'bread');
  assert.equal((await put(server, 'forms/tiptap', await call(page, 'html'), '', 'text/html')).changed, false);
  assert.deepEqual(page.problems, []);
});

test('BlockNote: tables and images keep their blocks', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'blocknote', server.y('w'));
  await call(page, 'set', [
    { type: 'table', content: { type: 'tableContent', headerRows: 1, rows: [{ cells: ['name', 'price'] }, { cells: ['bread', '2'] }] } },
    { type: 'table', content: { type: 'tableContent', rows: [{ cells: ['a', 'b'] }] } },
    { type: 'image', props: { url: 'https://example.org/a.png', name: 'a.png', caption: 'A loaf' } },
    { type: 'paragraph', content: 'last' },
  ]);
  const markdown = '| name | price |\n| --- | --- |\n| bread | 2 |\n\n|   |   |\n| --- | --- |\n| a | b |\n\n![a.png](https://example.org/a.png "A loaf")\n\nlast\n';
  await shows_markdown(server, 'forms/blocknote', markdown);
  const before = await call(page, 'blocks');
  await put(server, 'forms/blocknote', markdown.replace('| bread | 2 |', '| bread | 3 |\n| milk | 1 |').replace('A loaf', 'Two loaves'));
  await until(async () => JSON.stringify(await call(page, 'blocks')).includes('Two loaves'), 'the editor shows it');
  const after = await call(page, 'blocks');
  assert.deepEqual(after.map(({ id, type }) => [id, type]), before.map(({ id, type }) => [id, type]));
  const cells = after[0].content.rows.map(({ cells }) => cells.map((cell) => cell.content.map(({ text }) => text).join('')));
  assert.deepEqual(cells, [['name', 'price'], ['bread', '3'], ['milk', '1']]);
  assert.equal(after[0].content.headerRows, 1);
  assert.equal((await put(server, 'forms/blocknote', await show(server, 'forms/blocknote', 'markdown'))).changed, false);
  assert.deepEqual(page.problems, []);
});

test('Quill: images are embeds that stay', kTest, async (t) => {
  const server = await Server.start(t);
  const page = await open_editor(t, server, 'quill', server.y('w'));
  await call(page, 'set', [{ insert: 'see ' }, { insert: { image: 'https://example.org/a.png' }, attributes: { alt: 'a loaf' } }, { insert: ' here\n' }]);
  await shows_markdown(server, 'forms/quill', 'see ![a loaf](https://example.org/a.png) here\n');
  await call(page, 'select', 5);
  await put(server, 'forms/quill', 'now see ![a loaf](https://example.org/a.png) **here**\n\n![](/b.png)\n');
  const wanted = [{ insert: 'now see ' }, { insert: { image: 'https://example.org/a.png' }, attributes: { alt: 'a loaf' } }, { insert: ' ' },
    { insert: 'here', attributes: { bold: true } }, { insert: '\n' }, { insert: { image: '/b.png' } }, { insert: '\n' }];
  await until(async () => isDeepStrictEqual(await call(page, 'delta'), wanted), async () => `the editor shows ${JSON.stringify(await call(page, 'delta'))}`);
  assert.equal(await call(page, 'selected'), 9);
  assert.deepEqual(page.problems, []);
});

test('ProseMirror: a document of y-prosemirror, there and back', kTest, async (t) => {
  const server = await Server.start(t);
  const schema = new Schema({ nodes: addListNodes(basic.spec.nodes, 'paragraph block*', 'block'), marks: basic.spec.marks });
  const text = (words, ...marks) => ({ type: 'text', text: words, ...(marks.length > 0 ? { marks: marks.map((type) => ({ type })) } : {}) });
  const paragraph = (...content) => ({ type: 'paragraph', content });
  const doc = prosemirrorJSONToYDoc(schema, {
    type: 'doc',
    content: [
      { type: 'heading', attrs: { level: 3 }, content: [text('Plan')] },
      paragraph(text('some '), text('bold', 'strong'), text(' and '), text('both', 'em', 'strong'), { type: 'hard_break' }, text('line')),
      { type: 'bullet_list', content: [{ type: 'list_item', content: [paragraph(text('one'))] }] },
      { type: 'code_block', content: [text('a\nb')] },
    ],
  });
  const sent = await fetch(address(server, 'pm'), { method: 'PATCH', headers: { 'Content-Type': 'application/vnd.yjs.update' }, body: Y.encodeStateAsUpdate(doc) });
  assert.equal(sent.status, 201, await sent.text());
  const markdown = await show(server, 'pm', 'markdown');
  assert.equal(markdown, '### Plan\n\nsome **bold** and ***both***\\\nline\n\n- one\n\n```\na\nb\n```\n');
  await put(server, 'pm', markdown.replace('one', 'one\n- two'));
  const update = new Uint8Array(await (await fetch(`${address(server, 'pm')}?as=update`)).arrayBuffer());
  Y.applyUpdate(doc, update);
  const json = yXmlFragmentToProsemirrorJSON(doc.getXmlFragment('prosemirror'));
  assert.deepEqual(json.content[2].content.map((item) => item.content[0].content[0].text), ['one', 'two']);
  schema.nodeFromJSON(json).check();
});
