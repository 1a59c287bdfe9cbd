// People by name: what history, the API, the command line and the page show, and how names are erased.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { browser, open_window, screenshot } from './lib/browser.mjs';
import { converged, h_client, y_client } from './lib/clients.mjs';
import { Server, run, scratch_dir } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };

const status_of = (page, id) => page.getByTestId(id).getAttribute('data-state');
const becomes = (page, id, state) => until(async () => (await status_of(page, id)) === state, async () => `${id} becomes ${state}, it is ${await status_of(page, id)}`, 60_000);
const call = async (server, method, path, token) => {
  const response = await fetch(`${server.url}/v1${path}`, { method, headers: token ? { Authorization: `Bearer ${token}` } : {} });
  return { status: response.status, text: await response.text() };
};
const events = async (server, workspace, token) => (await call(server, 'GET', `/workspaces/${workspace}/log`, token)).text.trim().split('\n').map((line) => JSON.parse(line));
async function type(page, words) {
  await page.locator('[data-testid=editor] .cm-content').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type(words, { delay: 3 });
}
const printed = (result) => { assert.equal(result.status, 0, result.stderr); return result.stdout; };

test('a guest is shown by the name that its client shows, marked, until it is erased', kTest, async (t) => {
  const server = await Server.start(t);
  const ada = await y_client(t, server, 'team', 'plan');
  ada.provider.awareness.setLocalStateField('user', { name: 'Ada\u202e L.', verified: true });
  const ben = await h_client(t, server, 'team', 'plan', 4);
  ben.provider.awareness.setLocalStateField('user', { name: 'Ben' });
  ada.text.insert(0, 'Hello ');
  await converged([ada, ben]);
  ben.text.insert(6, 'world');
  await converged([ada, ben]);
  // Nobody may show himself as verified.
  await until(() => [...ben.provider.awareness.getStates().values()].some((state) => state.user?.name?.startsWith('Ada')), 'Ben sees Ada');
  assert.ok([...ben.provider.awareness.getStates().values()].every((state) => state.user?.verified === undefined));

  const shown = async () => (await events(server, 'team')).map(({ principal, name, verified }) => ({ principal, name, verified }));
  await until(async () => (await shown()).every(({ name }) => name), async () => `both have names: ${JSON.stringify(await shown())}`);
  const [first, second] = await shown();
  assert.deepEqual(first, { principal: 'anonymous', name: 'Ada L.', verified: false });
  assert.deepEqual(second, { principal: 'anonymous', name: 'Ben', verified: false });
  const blame = JSON.parse((await call(server, 'GET', '/workspaces/team/blame/plan')).text);
  assert.deepEqual(blame.texts[0].runs.map(({ text, name }) => [text, name]), [['Hello ', 'Ada L.'], ['world', 'Ben']]);
  const changes = JSON.parse((await call(server, 'GET', '/workspaces/team/changes')).text).changes;
  assert.deepEqual(changes.map(({ name }) => name), ['Ada L.', 'Ben']);
  assert.match(printed(run(['log', 'show', 'team', '--server', server.url])), /"Ada L\." \(unverified\)/);
  assert.match(printed(run(['blame', 'team/plan', '--server', server.url])), /"Ben" \(unverified\) {2}"world"/);
  assert.match(printed(run(['people', 'list', '--guests', 'team', '--server', server.url])), /ACTOR +NAME[\s\S]*Ben/);

  // The name is nowhere in the log and in no export.
  const bundle = Buffer.from(await (await fetch(`${server.url}/v1/workspaces/team/export`)).arrayBuffer());
  assert.ok(!bundle.includes('Ada L.') && !bundle.includes('"Ben"'));

  await server.restart();
  assert.equal((await shown())[0].name, 'Ada L.');
  printed(run(['people', 'erase', '--guests', 'team', '--server', server.url]));
  assert.deepEqual((await shown()).map(({ name }) => name), [undefined, undefined]);
});

// A key for trials, and tokens under it.
const kSecret = Buffer.from('a secret of at least 32 bytes, for this test alone');
const base64url = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
function token_of(sub, name, rights = 'write') {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${base64url({ alg: 'HS256', typ: 'JWT' })}.${base64url({ sub, name, rights, iat: now, exp: now + 3600 })}`;
  return `${signed}.${createHmac('sha256', kSecret).update(signed).digest('base64url')}`;
}
function jwt_options(t) {
  const file = join(scratch_dir(t, 'keys'), 'keys.json');
  writeFileSync(file, JSON.stringify({ keys: [{ kty: 'oct', alg: 'HS256', k: kSecret.toString('base64url') }] }), { flag: 'w' });
  return ['--jwt-keys', file, '--jwt-algorithms', 'HS256', '--jwt-rights-claim', 'rights'];
}

test('a person is shown by the name that the token says, and by no other', kTest, async (t) => {
  const server = await Server.start(t, { args: [...jwt_options(t), '--stamp-presence'] });
  const [ada, eve, admin] = [token_of('u1', 'Ada Lovelace'), token_of('u2', 'Eve'), token_of('root', 'Root', 'admin')];
  const a = await y_client(t, server, 'team', 'plan', { params: { token: ada } });
  const b = await h_client(t, server, 'team', 'plan', 4, { token: eve });
  // Eve claims to be Ada.
  b.provider.awareness.setLocalStateField('user', { name: 'Ada Lovelace', id: 'u1', verified: true, color: '#123456' });
  a.text.insert(0, 'Hello ');
  await converged([a, b]);
  b.text.insert(6, 'world');
  await converged([a, b]);
  const others = () => [...a.provider.awareness.getStates()].filter(([id]) => id !== a.doc.clientID).map(([, state]) => state.user);
  await until(() => others().length === 1, 'Ada sees Eve');
  assert.deepEqual(others(), [{ name: 'Eve', id: 'u2', verified: true, color: '#123456' }]);

  const shown = async () => (await events(server, 'team', admin)).map(({ principal, name, verified }) => [principal, name, verified]);
  await until(async () => (await shown()).every(([, name]) => name), 'both have names');
  assert.deepEqual(await shown(), [['u1', 'Ada Lovelace', true], ['u2', 'Eve', true]]);
  const cli = (...args) => printed(run([...args, '--server', server.url], { env: { SYNCLINE_TOKEN: admin } }));
  assert.match(cli('log', 'show', 'team'), /Ada Lovelace/);
  assert.equal((await call(server, 'GET', '/people', ada)).status, 403);
  assert.match(cli('people', 'list'), /u1 +Ada Lovelace/);
  cli('people', 'erase', 'u1', '--forget');
  assert.deepEqual((await shown())[0], ['u1', undefined, undefined]);
  a.text.insert(0, 'Again. ');
  await converged([a, b]);
  await server.restart();
  await until(async () => (await shown()).length === 3, 'it is back', 60_000);
  assert.ok((await shown()).every(([principal, name]) => (principal === 'u1') === (name === undefined)));
  assert.doesNotMatch(cli('people', 'list'), /Ada/);
});

test('the page asks for a token, keeps it out of its address, and says what is allowed', { timeout: 270_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--stamp-presence'], env: { SYNCLINE_TOKEN: 'sesame', SYNCLINE_READ_TOKEN: 'look' } });
  const chrome = await browser(t);
  const page = await open_window(chrome, `${server.url}/#/demo/names`);
  const dialog = page.getByTestId('token-dialog');
  const reason = page.getByTestId('token-reason');
  await until(() => dialog.isVisible(), 'it asks for a token');
  await screenshot(page, 'names-token');
  await page.getByTestId('token').fill('wrong');
  await page.getByTestId('token-open').click();
  await until(async () => /refused/.test((await reason.textContent()) ?? ''), 'it says that the token is wrong', 60_000);
  await page.getByTestId('token').fill('sesame');
  await page.getByTestId('token-open').click();
  await becomes(page, 'status', 'online');
  await until(async () => !(await dialog.isVisible()), 'it does not ask any more');
  assert.equal(page.url(), `${server.url}/#/demo/names`);
  await page.getByTestId('name').fill('Ada');
  await page.getByTestId('name').press('Enter');
  await type(page, 'Written by Ada. ');
  await becomes(page, 'saved', 'saved');

  // A token in the address is taken out of it, and a second window of this one has it, too.
  const reader = await open_window(chrome, `${server.url}/#/demo/names?token=look`);
  await becomes(reader, 'status', 'online');
  assert.equal(reader.url(), `${server.url}/#/demo/names`);
  await until(async () => /read/.test((await reader.getByTestId('status').textContent()) ?? ''), 'it says that one may only read');
  assert.equal(await reader.locator('.cm-content').getAttribute('contenteditable'), 'false');
  const [second] = await Promise.all([page.context().waitForEvent('page'), page.getByTestId('second-window').click()]);
  await becomes(second, 'status', 'online');
  assert.equal(second.url(), `${server.url}/#/demo/names`);

  // Who is there, by name; a shared token vouches for nobody.
  await until(async () => (await reader.getByTestId('peer').count()) === 2, 'the reader sees both windows');
  const peers = await reader.getByTestId('peer').evaluateAll((list) => list.map((peer) => [peer.dataset.name, peer.dataset.verified, peer.style.getPropertyValue('--peer')]));
  assert.deepEqual(peers.map(([name, verified]) => [name, verified]), [['Ada', 'false'], ['Ada', 'false']]);

  // The history shows the same name in the same colour.
  await reader.getByTestId('history').click();
  await becomes(reader, 'history-panel', 'shown');
  const authors = await reader.getByTestId('history-authors').locator('li').evaluateAll((list) => list.map((item) => [item.textContent, item.style.getPropertyValue('--peer')]));
  assert.deepEqual(authors, [['Ada (not verified) · 16', peers[0][2]]]);
  await screenshot(reader, 'names-reader');
  // A reader sees the past, and brings nothing back.
  await reader.getByTestId('history-slider').fill('1');
  await until(async () => (await reader.getByTestId('history-panel').getAttribute('data-position')) === '1', 'an earlier moment is shown');
  await becomes(reader, 'history-panel', 'shown');
  assert.equal(await reader.getByTestId('history-restore').isDisabled(), true);
  for (const each of [page, reader]) assert.deepEqual(each.problems, []);
});
