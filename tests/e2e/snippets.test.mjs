// The examples of docs/http.md and docs/mcp.md, run one after the other as a reader would, against a real server. What a
// page shows as output is what comes out, except for times, ids and whatever else is of one run.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { repository, scratch_dir, Server } from './lib/server.mjs';

const kTest = { timeout: 120_000 };
const kPrinted = 'http://127.0.0.1:4400';

// [{ language, text }] of all fenced blocks.
function blocks(page) {
  const text = readFileSync(join(repository, 'docs', page), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, block]) => ({ language, text: block }));
}

// Commands of a transcript, each with what it printed.
function transcript(text) {
  const steps = [];
  for (const line of text.split('\n')) {
    const last = steps.at(-1);
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
    else if (last?.command.endsWith('\\') && last.output === '') last.command += `\n${line}`;
    else if (last) last.output += `${line}\n`;
  }
  return steps;
}

// What differs from run to run.
function of_any_run(text) {
  return text.replaceAll(/"size":\d+/g, '"size":0').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replaceAll(/"hash":"\w+"/g, '"hash":"HASH"')
    .replaceAll(/"actor":"\w+"/g, '"actor":"ACTOR"').replaceAll(/[0-9a-f]{2}-[0-9a-f]{32}/g, 'SESSION')
    .replaceAll(/\r/g, '').trim();
}

function run(command, args, url) {
  const child = spawn(command, args, { env: { ...process.env, URL: `${url}/v1/workspaces/team/objects` } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((ended) => child.on('close', (code) => ended({ code, output })));
}

async function run_page(t, page) {
  const server = await Server.start(t);
  const dir = scratch_dir(t, 'snippets');
  const here = (text) => text.replaceAll(kPrinted, server.url).replaceAll('wait=30', 'wait=1');
  const ran = [];
  let printed;  // by the program before, which the next block shows
  let names = '';  // shell variables and functions of the blocks before
  for (const [i, { language, text }] of blocks(page).entries()) {
    const where = `${page}, block ${i + 1}:\n${text}`;
    const must = async (command, ...args) => {
      const { code, output } = await run(command, args, server.url);
      assert.equal(code, 0, `${where}${output}`);
      ran.push(language);
      return output.replaceAll(server.url, kPrinted);
    };
    const script = (name) => {
      const path = join(dir, name);
      writeFileSync(path, here(text));
      return path;
    };
    if (language === 'sh') {
      names += here(text).split('\n').filter((line) => /^(\w+=|\w+\(\))/.test(line)).join('\n') + '\n';
      await must('bash', '-c', here(text));
    }
    else if (language === 'python') printed = await must('python3', '-B', script('snippet.py'));
    else if (language === 'ts') printed = await must('node', script(`snippet${i}.mjs`));  // it has no types that Node does not know
    else if (language === 'console' && text.startsWith('$ ')) {
      for (const { command, output } of transcript(text))
        assert.equal(of_any_run(await must('bash', '-c', `${names}${here(command)}`)), of_any_run(output), where);
    } else if (language === 'console') assert.equal(of_any_run(printed), of_any_run(text), where);
  }
  return ran;
}

test('what docs/http.md shows is what happens, with curl, Python and TypeScript', kTest, async (t) => {
  const ran = await run_page(t, 'http.md');
  for (const language of ['sh', 'console', 'python', 'ts']) assert.ok(ran.includes(language), language);
});

test('what docs/mcp.md shows is what happens', kTest, async (t) => {
  assert.ok((await run_page(t, 'mcp.md')).includes('console'));
});
