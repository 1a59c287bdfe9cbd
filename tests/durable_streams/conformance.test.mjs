// The published conformance suite of Durable Streams, unmodified, against the real binary. What it prints of a test that
// fails is shown.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server, scratch_dir } from '../e2e/lib/server.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

const kTestMs = 30_000;  // a request waits for 20 s

// Runs the suite; resolves to what vitest reports.
function run_suite(t, url) {
  const report = join(scratch_dir(t, 'report'), 'report.json');
  const args = ['node_modules/vitest/vitest.mjs', 'run', 'suite.spec.mjs', '--no-coverage', `--testTimeout=${kTestMs}`, '--reporter=json', `--outputFile=${report}`];
  const suite = spawn(process.execPath, args, { cwd: here, env: { ...process.env, CONFORMANCE_TEST_URL: url }, stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => suite.kill('SIGKILL'));
  let printed = '';
  for (const stream of [suite.stdout, suite.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  return new Promise((resolve, reject) => {
    suite.on('error', reject);
    suite.on('exit', () => {
      try {
        resolve(JSON.parse(readFileSync(report, 'utf8')));
      } catch (error) {
        reject(new Error(`the suite reported nothing: ${error.message}\n${printed}`));
      }
    });
  });
}

test('the published conformance suite', { timeout: 300_000 }, async (t) => {
  // The suite asks for the preflight of a page of this origin.
  const server = await Server.start(t, { args: ['--cors-origin', 'https://example.com'] });
  const report = await run_suite(t, `${server.url}/streams/conformance`);
  const failures = report.testResults.flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(' ').slice(0, 400)}`);
  console.log(`${report.numPassedTests} passed, ${report.numFailedTests} failed, ${report.numPendingTests} skipped of ${report.numTotalTests}`);
  assert.deepEqual(failures, []);
  assert.ok(report.numPassedTests >= 332, `only ${report.numPassedTests} tests ran`);
});
