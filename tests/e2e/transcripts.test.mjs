// What the pages of docs/ and the README say about the command line: every command and option that they name exists, and the
// transcripts of some pages are what really comes out, but for times, sizes and addresses.
//
// SYNCLINE_WRITE_TRANSCRIPTS=1 writes into these pages what has come out.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { binary, repository, run, scratch_dir, Server } from './lib/server.mjs';

const kTest = { timeout: 60_000 };
const kPrinted = 'http://127.0.0.1:4400';

const pages = ['README.md', ...readdirSync(join(repository, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)];
const text_of = (page) => readFileSync(join(repository, page), 'utf8');

// Lines of code, fenced and indented, with what is continued on the next line.
function code_lines(text) {
  const code = [...text.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block]) => block);
  const indented = text.replaceAll(/^```\w*\n.*?^```$/gms, '').split('\n').filter((line) => line.startsWith('    ')).map((line) => line.slice(4));
  return [...code.join('').replaceAll('\\\n', ' ').split('\n'), ...indented];
}

// The calls of the program in a line of shell: the words after "syncline", up to the end of the command.
function calls_in(line) {
  const command = line.replace(/^\$ /, '').replace(/^# .*/, '').replace(/\s#\s.*$/, '');
  if (!/^(\w+=\S* )*(sudo )?syncline /.test(command) && !line.startsWith('$ ')) return [];
  if (/^syncline [a-z -]+: /.test(line)) return [];  // what it printed
  return command.split(/[|;&]+|\$\(|<\(/).map((part) => part.trim().replace(/^(\w+=\S* )*(sudo )?/, '')).filter((part) => /^syncline\s/.test(part))
    .map((part) => part.split(/\s+/).slice(1));
}

const helps = new Map();
function help_of(path) {
  const key = path.join(' ');
  if (!helps.has(key)) helps.set(key, run([...path, '--help']).stdout);
  return helps.get(key);
}

test('every command and option that a page shows exists', kTest, () => {
  let seen = 0;
  for (const page of pages) {
    for (const line of code_lines(text_of(page))) {
      for (const words of calls_in(line)) {
        const path = [];
        while (words[path.length] && new RegExp(`^  ${words[path.length].replaceAll(/[^\w-]/g, '')} `, 'm').test(help_of(path).split('\nOptions:')[0].split('\nCommands:\n')[1] ?? '')) path.push(words[path.length]);
        if (/^(-|\d)/.test(words[0])) continue;
        assert.ok(path.length > 0, `${page}: no command: ${line}`);
        assert.ok(!help_of(path).includes('\nCommands:\n') || !words[path.length] || words[path.length].startsWith('-'), `${page}: '${words[path.length]}' is no command of ${path.join(' ')}: ${line}`);
        for (const word of words.slice(path.length)) {
          const option = /^(--[a-z][a-z0-9-]*)/.exec(word)?.[1];
          if (!option || option === '--config') continue;
          assert.match(help_of(path), new RegExp(`(^| )${option}\\b`, 'm'), `${page}: ${option}: ${line}`);
          ++seen;
        }
      }
    }
  }
  assert.ok(seen > 150, `${seen} options`);
});

// What differs from run to run. Aligned columns may move with it.
function of_any_run(text) {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME').replaceAll(/\b[\d.]+ (B|KiB|MiB|GiB|TiB|ms|s|min|h|d)\b/g, 'N').replaceAll(/\b\d+\.\d\b/g, 'N')
    .replaceAll(/\d+ (connection|WebSocket|file)s?/g, 'N $1').replaceAll(/\d+ (in memory|h|min)\b/g, 'N $1').replaceAll(/[ \t]+/g, ' ').trim();
}

// The transcripts of a page: [{ begin, end, indent, steps: [{ command, output }] }].
function transcripts_of(text) {
  const found = [];
  for (const match of text.matchAll(/^```console\n(.*?)^```$/gms)) found.push({ begin: match.index + 11, end: match.index + match[0].length - 3, indent: '', text: match[1] });
  for (const match of text.matchAll(/(?:^ {4}\$ .*\n(?:^ {4}.*\n|^\n(?= {4}))*)/gm)) found.push({ begin: match.index, end: match.index + match[0].length, indent: '    ', text: match[0].replaceAll(/^ {4}/gm, '') });
  return found.sort((a, b) => a.begin - b.begin).map((block) => {
    const steps = [];
    for (const line of block.text.trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), output: '' });
      else if (steps.length > 0) steps.at(-1).output += `${line}\n`;
    }
    return { ...block, steps };
  });
}

async function put(url, object, text) {
  const answer = await fetch(`${url}/v1/workspaces/demo/objects/${object}?root=content`, { method: 'PUT', headers: { 'Content-Type': 'text/plain' }, body: text });
  assert.ok(answer.ok);
}

async function type(url, text) {
  let written = '';
  for (const word of text.split(/(?<= )/)) await put(url, 'welcome', (written += word));
}

const kPages = {
  'docs/operations.md': (url) => put(url, 'welcome', 'Hello'),
  'docs/retention.md': (url) => type(url, 'the quick brown fox jumps over the lazy dog '),
};

for (const [page, prepare] of Object.entries(kPages)) {
  test(`the transcripts of ${page} are what comes out`, kTest, async (t) => {
    const server = await Server.start(t, { args: ['--checkpoint-seconds', '0'] });
    await prepare(server.url);
    const dir = scratch_dir(t, 'transcript');
    symlinkSync(binary, join(dir, 'syncline'));
    let text = text_of(page);
    const env = { PATH: `${dir}${delimiter}${process.env.PATH}`, SYNCLINE_SERVER: server.url, NO_COLOR: '1', LANG: 'C.UTF-8' };
    const blocks = transcripts_of(text);
    assert.ok(blocks.length > 0);
    for (const block of blocks) {
      for (const step of block.steps) {
        const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', step.command.replaceAll(kPrinted, server.url)], { cwd: dir, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
        step.real = (stdout + stderr).replaceAll(server.url, kPrinted);
      }
    }
    if (process.env.SYNCLINE_WRITE_TRANSCRIPTS) {
      for (const { begin, end, indent, steps } of blocks.reverse()) {
        const real = steps.map(({ command, real }) => `$ ${command}\n${real}`).join('').replaceAll(/^(?=.)/gm, indent);
        text = text.slice(0, begin) + real + (indent ? '' : '') + text.slice(end);
      }
      writeFileSync(join(repository, page), text);
      return;
    }
    for (const { steps } of blocks) for (const { command, output, real } of steps) assert.equal(of_any_run(real), of_any_run(output), `${page}: $ ${command}\n${real}`);
  });
}

test('docs/configuration.md has every option of serve', kTest, () => {
  const text = text_of('docs/configuration.md');
  const options = [...run(['serve', '--help']).stdout.matchAll(/^ +(?:-\w, )?--([a-z0-9-]+)/gm)].map(([, name]) => name).filter((name) => !['help', 'json', 'check'].includes(name));
  assert.ok(options.length > 60);
  for (const option of options) assert.ok(text.includes(`| \`${option}\` |`), option);
  const named = [...text.matchAll(/^\| `([a-z0-9-]+)` \|/gm)].map(([, name]) => name);
  for (const name of named) assert.ok(options.includes(name), name);
});
