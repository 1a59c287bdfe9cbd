// Agents, as the published TypeScript client of the Model Context Protocol, beside editors.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { y_client } from './lib/clients.mjs';
import { Server } from './lib/server.mjs';
import { until } from './lib/wait.mjs';

const kTest = { timeout: 120_000 };
const kTokens = { env: { SYNCLINE_TOKEN: 'secret', SYNCLINE_READ_TOKEN: 'look' } };

async function agent(t, server, token = 'secret') {
  const client = new Client({ name: 'scribe', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(`${server.url}/mcp`), {
    requestInit: { headers: { Authorization: `Bearer ${token}` } },
  });
  await client.connect(transport);
  t.after(() => client.close());
  const call = async (name, args) => {
    const { content, isError } = await client.callTool({ name, arguments: { workspace: 'team', ...args } });
    return { text: content[0].text, isError, content };
  };
  return { client, transport, call };
}

test('an agent works beside an editor, who sees it, and sees what it does', kTest, async (t) => {
  const server = await Server.start(t, kTokens);
  const ann = await y_client(t, server, 'team', 'notes/plan', { params: { token: 'secret', ack: '1' } });
  ann.text.insert(0, 'On Monday: buy bread.');
  const { client, transport, call } = await agent(t, server);
  assert.deepEqual((await client.listTools()).tools.map(({ name }) => name),
    ['list_workspaces', 'list_objects', 'read_object', 'search_objects', 'edit_text', 'put_markdown', 'put_text', 'copy_object', 'history']);
  await client.ping();
  await until(async () => !(await call('read_object', { object: 'notes/plan' })).isError, () => 'the text is durable');

  const listed = JSON.parse((await call('list_objects', {})).text);
  assert.deepEqual(listed.objects, ['notes/plan']);
  assert.equal(listed.details[0].type, 'doc');
  const read = await call('read_object', { object: 'notes/plan', format: 'text', root: 'content' });
  assert.deepEqual(read.content.map(({ text }) => text), ['On Monday: buy bread.', 'position: 1']);

  const agents = () => [...ann.provider.awareness.getStates().values()].filter(({ kind }) => kind === 'agent');
  await until(() => agents().length === 1, () => 'the editor sees the agent');
  assert.equal(agents()[0].user.name, 'scribe');

  // It has read an older text than the one that it edits.
  ann.text.insert(0, 'Plan. ');
  const found = JSON.parse((await call('search_objects', { query: 'BREAD' })).text).results[0].matches[0];
  assert.equal(found.quote, 'bread');
  const edited = await call('edit_text', { object: 'notes/plan', root: 'content', ops: [{ insert: ' and butter', after: 'bread' }] });
  assert.equal(edited.isError, false, edited.text);
  await until(() => ann.text.toString() === 'Plan. On Monday: buy bread and butter.', () => `the editor has the edit: ${ann.text}`);

  const missed = await call('edit_text', { object: 'notes/plan', root: 'content', ops: [{ delete: 'milk' }] });
  assert.equal(missed.isError, true);
  assert.match(missed.text, /^conflict: .*0 candidates/);
  const history = JSON.parse((await call('history', { object: 'notes/plan' })).text);
  assert.equal(history.changes.at(-1).changes[0].delta[1].insert, ' and butter');

  const page = await call('put_markdown', { object: 'page', root: 'default', markdown: '# Plan\n\nBuy **bread**.\n' });
  assert.equal(page.isError, false, page.text);
  assert.equal((await call('read_object', { object: 'page', format: 'markdown' })).text, '# Plan\n\nBuy **bread**.\n');

  // The answers of an editor do not end its presence; the end of the session does.
  assert.equal(agents().length, 1);
  await transport.terminateSession();
  await until(() => agents().length === 0, () => 'the agent has left');
});

test('documents are resources, of several workspaces, with the rights of the token', kTest, async (t) => {
  const server = await Server.start(t, kTokens);
  const write = (workspace, object, type, body) => fetch(`${server.url}/v1/workspaces/${workspace}/objects/${object}?${type === 'text/plain' ? 'root=content' : ''}`,
    { method: 'PUT', headers: { 'Content-Type': type, Authorization: 'Bearer secret' }, body });
  await write('one', 'notes/a%20plan', 'text/plain', 'On Monday.');
  await write('two', 'board', 'application/json', '{"todo":{"title":"bread"}}');
  const { client } = await agent(t, server, 'look');
  assert.deepEqual((await client.listResourceTemplates()).resourceTemplates.map(({ uriTemplate }) => uriTemplate), ['syncline://{workspace}/{+object}']);
  const found = [];
  let cursor;
  do {
    const page = await client.listResources(cursor === undefined ? undefined : { cursor });
    found.push(...page.resources);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  assert.deepEqual(found.map(({ uri, title }) => [uri, title]), [['syncline://one/notes/a%20plan', 'one/notes/a plan'], ['syncline://two/board', 'two/board']]);
  const [text] = (await client.readResource({ uri: found[0].uri })).contents;
  assert.deepEqual([text.mimeType, text.text], ['text/plain', 'On Monday.']);
  const [json] = (await client.readResource({ uri: found[1].uri })).contents;
  assert.equal(json.mimeType, 'application/json');
  assert.deepEqual(JSON.parse(json.text).state, { todo: { title: 'bread' } });
  await assert.rejects(client.readResource({ uri: 'syncline://two/nothing' }), /not_found/);
  await assert.rejects(client.readResource({ uri: 'file:///etc/passwd' }), /none of a document/);
});

test('a reader reads, and is refused to write', kTest, async (t) => {
  const server = await Server.start(t, kTokens);
  const writer = await agent(t, server);
  await writer.call('put_text', { object: 'plan', root: 'content', text: 'Buy bread.' });
  const { call } = await agent(t, server, 'look');
  assert.equal((await call('read_object', { object: 'plan', format: 'text' })).text, 'Buy bread.');
  const refused = await call('put_text', { object: 'plan', root: 'content', text: 'mine' });
  assert.equal(refused.isError, true);
  assert.match(refused.text, /^forbidden: /);
  assert.equal((await call('read_object', { object: 'plan', format: 'text' })).text, 'Buy bread.');
  await assert.rejects(agent(t, server, 'wrong'));
});

test('after a restart of the server, an agent is told that its session is gone, and begins another one', kTest, async (t) => {
  const server = await Server.start(t, kTokens);
  const before = await agent(t, server);
  await before.call('put_text', { object: 'plan', root: 'content', text: 'Buy bread.' });
  await server.restart();
  await assert.rejects(before.call('read_object', { object: 'plan' }), /404|session/i);
  const after = await agent(t, server);
  assert.equal((await after.call('read_object', { object: 'plan', format: 'text' })).text, 'Buy bread.');
});

test('a page of another site is refused by a server without tokens', kTest, async (t) => {
  const server = await Server.start(t);
  const post = (headers) => fetch(`${server.url}/mcp`, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: {} }) });
  assert.equal((await post({ Origin: 'https://elsewhere.example' })).status, 403);
  assert.equal((await post({})).status, 200);
});
