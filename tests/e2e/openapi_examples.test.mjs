// The examples of openapi.json for the faces of documents, events and agents: each is sent as it is printed, and what comes back
// is what is printed, except for times, ids and hashes.
//
// A request is made of the `example` of each parameter, and of a named example of the body. The answer with the same name says
// what comes back; without a body, the name is that of the answer.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Server } from './lib/server.mjs';

// In this order, because each builds on those before it.
const kOperations = ['putObject', 'patchObject', 'getObject', 'listObjects', 'searchObjects', 'copyObject', 'followObject', 'followWorkspace',
  'listObjectChanges', 'sendMcpMessage'];

const kOfOneRun = [
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'], [/"hash":"\w+"/g, '"hash":"HASH"'], [/"size":\d+/g, '"size":0'],
];

function of_any_run(text) {
  return kOfOneRun.reduce((rest, [what, by]) => rest.replaceAll(what, by), text);
}

function operations(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));
}

// [{ name, status, type, value }]
function answers(operation) {
  return Object.entries(operation.responses).flatMap(([status, { content = {} }]) =>
    Object.entries(content).flatMap(([type, { examples = {} }]) =>
      Object.entries(examples).map(([name, { value }]) => ({ name, status: Number(status), type, value }))));
}

// [{ name, type, value }]
function bodies(operation) {
  return Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { examples = {} }]) =>
    Object.entries(examples).map(([name, { value }]) => ({ name, type, value })));
}

// The requests of an operation in the order in which the document shows them, each with its answer.
function exchanges(operation) {
  const all = answers(operation);
  if (!operation.requestBody) return all.map((answer) => ({ name: answer.name, answer }));
  return bodies(operation).map((body) => ({ name: body.name, body, answer: all.find(({ name }) => name === body.name) }));
}

function target_of(document, { path, operation }, name) {
  const parameters = operation.parameters.map(({ $ref, ...own }) => ($ref ? document.components.parameters[$ref.split('/').at(-1)] : own));
  const query = new URLSearchParams();
  let target = path;
  for (const { name: parameter, in: where, example, examples } of parameters) {
    const value = example ?? examples?.[name]?.value ?? (where === 'path' ? Object.values(examples ?? {})[0]?.value : undefined);
    if (value === undefined) continue;
    if (where === 'path') target = target.replace(`{${parameter}}`, value);
    if (where === 'query') query.set(parameter, value);
  }
  return query.size > 0 ? `${target}?${query}` : target;
}

test('each example is what happens', { timeout: 60_000 }, async (t) => {
  const server = await Server.start(t);
  const document = await server.json('/openapi.json');
  const shown = operations(document).filter(({ operation }) => answers(operation).length > 0);
  assert.deepEqual(shown.map(({ operation }) => operation.operationId).sort(), [...kOperations].sort());
  for (const id of kOperations) {
    const found = shown.find(({ operation }) => operation.operationId === id);
    assert.equal(exchanges(found.operation).length, answers(found.operation).length, id);
    for (const { name, body, answer } of exchanges(found.operation)) {
      const where = `${id}, ${name}`;
      assert.ok(answer, `${where}: no answer is shown`);
      const headers = { ...(body && { 'Content-Type': body.type }), Accept: answer.type };
      const sent = body && (typeof body.value === 'string' ? body.value : JSON.stringify(body.value));
      const response = await fetch(server.url + target_of(document, found, name), { method: found.method, headers, body: sent });
      const text = await response.text();
      assert.equal(response.status, answer.status, `${where}: ${text}`);
      assert.equal(response.headers.get('Content-Type').split(';')[0], answer.type, where);
      const json = answer.type === 'application/json';
      const came = json ? JSON.stringify(JSON.parse(text)) : text;
      assert.equal(of_any_run(came), of_any_run(json ? JSON.stringify(answer.value) : answer.value), where);
    }
  }
});
