#!/usr/bin/env node
// Runs the program of this package, with the same arguments, and ends as it ends.
'use strict';

const { spawn } = require('node:child_process');
const { join } = require('node:path');

const program = join(__dirname, '..', 'linux-x64', 'syncline');
const child = spawn(program, process.argv.slice(2), { stdio: 'inherit' });

// A terminal sends Ctrl-C to both, and a service manager its signal to this process alone. So both are passed on, and
// only a signal that this process gets is: the child would take a second one as "end at once".
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
process.on('SIGINT', () => {
  if (!process.stdin.isTTY) child.kill('SIGINT');
});

child.on('error', (error) => {
  const glibc = process.report?.getReport().header.glibcVersionRuntime;
  console.error(`syncline: cannot run ${program}: ${error.message}`);
  if (glibc === undefined) console.error('syncline: this program needs glibc 2.36 or later, and this system has none (Alpine Linux has not)');
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
