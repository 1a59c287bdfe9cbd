// Users edit for some seconds, while a Prometheus at port 9090 scrapes their server at 4400. Then every expression of
// packaging/monitoring is evaluated: none is an error, those of the dashboard show something, and of the alerts each metric
// has series and none fires. packaging/tests/monitoring.sh runs this.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { dashboard_expressions, rule_expressions } from '../lib/monitoring.mjs';
import { repository } from '../lib/server.mjs';

const kPrometheus = 'http://127.0.0.1:9090';
const kSeconds = 12;
// Shown only once there is something to show: no turn of a quiet server is slow.
const kMayBeEmpty = /syncline_slow_turn|changes\(syncline_process_start/;

const users = [0, 1, 2, 3].map((number) => {
  const doc = new Y.Doc();
  return { doc, provider: new WebsocketProvider('ws://127.0.0.1:4400/y/monitored', `doc${number % 2}`, doc, { WebSocketPolyfill: WebSocket, disableBc: true }) };
});
const editing = setInterval(() => users.forEach(({ doc }) => doc.getText('content').insert(0, 'word ')), 50);
await new Promise((passed) => { setTimeout(passed, kSeconds * 1000); });

async function evaluate(expression) {
  const answer = await (await fetch(`${kPrometheus}/api/v1/query?query=${encodeURIComponent(expression)}`)).json();
  assert.equal(answer.status, 'success', `${expression}: ${answer.error}`);
  return answer.data.result;
}

const folder = join(repository, 'packaging/monitoring');
const shown = dashboard_expressions(JSON.parse(readFileSync(join(folder, 'dashboard.json'), 'utf8')));
for (const expression of shown) {
  const real = expression.replaceAll('$job', 'syncline').replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s');
  const result = await evaluate(real);
  assert.ok(result.length > 0 || kMayBeEmpty.test(expression), `shows nothing: ${real}`);
  for (const { value } of result) assert.ok(Number.isFinite(Number(value[1])), `${real}: ${value[1]}`);
}
const alerts = rule_expressions(readFileSync(join(folder, 'rules.yml'), 'utf8'));
for (const expression of alerts) {
  assert.deepEqual(await evaluate(expression), [], `fires for a healthy server: ${expression}`);
  for (const [selector] of expression.matchAll(/\b(syncline_\w+|up)(\{[^}]*\})?/g)) assert.ok((await evaluate(selector)).length > 0, `no series: ${selector}`);
}
const { data } = await (await fetch(`${kPrometheus}/api/v1/rules`)).json();
const loaded = data.groups.flatMap(({ rules }) => rules);
assert.equal(loaded.length, alerts.length);
for (const { name, health, lastError } of loaded) assert.equal(health, 'ok', `${name}: ${lastError}`);
clearInterval(editing);
users.forEach(({ provider }) => provider.destroy());
console.log(`  ${shown.length} expressions of the dashboard and ${alerts.length} alerts evaluated`);
process.exit(0);
