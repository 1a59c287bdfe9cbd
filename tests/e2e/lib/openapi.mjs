// Requests that are held to the server's own description of its API (/openapi.json).

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { repository } from './server.mjs';

const kMethods = ['get', 'put', 'post', 'delete', 'patch', 'options'];

// "GET /v1/keys": what the document describes.
export function described(document) {
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    kMethods.filter((method) => methods[method]).map((method) => `${method.toUpperCase()} ${path}`));
}

// The same, of the tables of routes in the sources.
export function routed() {
  const folder = join(repository, 'src/api');
  const sources = readdirSync(folder).filter((file) => file.endsWith('.cpp')).map((file) => readFileSync(join(folder, file), 'utf8'));
  return sources.flatMap((source) => [...source.matchAll(/\{"([A-Z]+)",\s*"(\/(?:v1|mcp|streams)[^"]*)",[^}]*\}/g)].map(([, method, path]) => `${method} ${path}`));
}

export class Api {
  constructor(server, document) {
    this.server = server;
    this.document = document;
    this.seen = new Set();  // "GET /v1/keys 200"
    // x/y/{z}: "{workspace}" is one segment, a name at the end is the rest.
    this.paths = Object.keys(document.paths).map((path) => ({ path,
      fits: new RegExp(`^${path.replace(/\{\w+\}$/, '.+').replace(/\{\w+\}/g, '[^/]+')}$`) }));
    this.ajv = new Ajv({ strict: false, allErrors: true });
    formats(this.ajv);
    this.ajv.addSchema(document, 'api');
  }

  static async of(server) {
    const response = await fetch(`${server.url}/openapi.json`);
    assert.equal(response.status, 200);
    return new Api(server, await response.json());
  }

  // Sends it, checks the answer against the document, and gives it: { status, type, body }.
  async ask(method, path, { headers = {}, body } = {}) {
    const response = await fetch(`${this.server.url}${path}`, { method, headers, body, redirect: 'manual' });
    const text = await response.text();
    const type = response.headers.get('Content-Type')?.split(';')[0];
    const raw = path.split('?')[0];
    const matching = this.paths.filter(({ fits }) => fits.test(raw)).map((found) => found.path);
    // Of "changes" and "changes/{object}" the longer fits better.
    const template = matching.sort((a, b) => b.split('/').length - a.split('/').length)[0];
    const operation = this.document.paths[template]?.[method.toLowerCase()];
    const where = `${method} ${template ?? raw} ${response.status}`;
    assert.ok(operation, `${where} is described`);
    this.check(operation.responses[response.status], type, text, where);
    this.seen.add(where);
    return { status: response.status, type, body: type === 'application/json' ? JSON.parse(text) : text };
  }

  check(expected, type, text, where) {
    assert.ok(expected, `${where} is described: ${text}`);
    const answer = expected.$ref ? this.document.components.responses[expected.$ref.split('/').pop()] : expected;
    if (!answer.content) return assert.equal(text, '', where);
    const schema = (answer.content[type] ?? answer.content['*/*'])?.schema;
    assert.ok(schema, `${where} answers with ${type}, which is not described`);
    const documents = type === 'application/json' ? [text] : type === 'application/x-ndjson' ? text.trim().split('\n').filter(Boolean) : [];
    for (const document of documents) this.validate(schema, JSON.parse(document), where);
  }

  validate(schema, value, where) {
    // References in the schema are to the document, which Ajv knows as "api".
    const rooted = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/'));
    assert.ok(this.ajv.validate(rooted, value), `${where}: ${this.ajv.errorsText()} in ${JSON.stringify(value)}`);
  }
}
