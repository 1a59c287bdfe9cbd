// The alerts and the dashboard of packaging/monitoring name metrics and labels that a server really has. `make package-test`
// evaluates each expression with Prometheus; this finds a renamed metric sooner.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { dashboard_expressions, rule_expressions } from './lib/monitoring.mjs';
import { Server, repository } from './lib/server.mjs';

const kMonitoring = join(repository, 'packaging/monitoring');
// Prometheus adds these itself.
const kAdded = new Set(['job', 'instance']);
// Labels whose values appear with the work that they name.
const kLater = new Set(['syncline_slow_turns_total', 'syncline_slow_turn_milliseconds_total']);

// Each metric in an expression, with what its braces ask for: [name, [label, operator, value]...].
function* selectors(expression) {
  for (const [, name, braces = ''] of expression.matchAll(/\b(syncline_\w+)(?:\{([^}]*)\})?/g)) {
    yield [name, [...braces.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].map(([, ...matcher]) => matcher)];
  }
}

test('every metric of the alerts and of the dashboard exists', { timeout: 60_000 }, async (t) => {
  const server = await Server.start(t, { args: ['--audit'], env: { SYNCLINE_TOKEN: 'operator' } });
  const page = (await server.get('/metrics', { Authorization: 'Bearer operator' })).text;
  const samples = page.split('\n').filter((line) => !line.startsWith('#'));
  const missing = [];
  let looked_at = 0;
  for (const expression of [...rule_expressions(readFileSync(join(kMonitoring, 'rules.yml'), 'utf8')),
    ...dashboard_expressions(JSON.parse(readFileSync(join(kMonitoring, 'dashboard.json'), 'utf8')))]) {
    for (const [name, matchers] of selectors(expression)) {
      looked_at++;
      const own = samples.filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`));
      if (own.length === 0 && !kLater.has(name)) missing.push(`${name} in ${expression}`);
      for (const [label, operator, value] of matchers) {
        if (kAdded.has(label) || kLater.has(name)) continue;
        const values = operator === '=~' ? value.split('|') : [value];
        for (const one of values) {
          if (!own.some((line) => line.includes(`${label}="${one}"`))) missing.push(`${name}{${label}="${one}"} in ${expression}`);
        }
      }
    }
  }
  assert.deepEqual(missing, []);
  assert.ok(looked_at > 80, `${looked_at} were looked at`);
});
