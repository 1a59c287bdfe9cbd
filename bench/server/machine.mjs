// Facts about the machine and the binaries, for the head of a report.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { median } from './figures.mjs'

export const loadAverage = () => os.loadavg().map(load => load.toFixed(2)).join(' ')

const distribution = () => {
  try {
    return /PRETTY_NAME="(.*)"/.exec(fs.readFileSync('/etc/os-release', 'utf8'))?.[1]
  } catch {
    return os.type()
  }
}

export const machine = () => ({
  processor: os.cpus()[0].model.trim(),
  cores: os.cpus().length,
  memory_gib: Math.round(os.totalmem() / 2 ** 30),
  system: `${distribution()}, Linux ${os.release()}`,
  node: process.version
})

// The median time of writing 4 KiB and syncing them in this folder, in ms. A durable acknowledgement waits at least for that.
export const syncTime = folder => {
  fs.mkdirSync(folder, { recursive: true })
  const file = path.join(folder, 'sync-time')
  const handle = fs.openSync(file, 'w')
  const times = []
  for (let i = 0; i < 60; i++) {
    const begin = process.hrtime.bigint()
    fs.writeSync(handle, Buffer.alloc(4096, i))
    fs.fdatasyncSync(handle)
    times.push(Number(process.hrtime.bigint() - begin) / 1e6)
  }
  fs.closeSync(handle)
  fs.rmSync(file)
  return median(times)
}

// The version that a program prints, and the commit of the source tree in which it lies.
export const versionOf = program => {
  const run = (command, args) => {
    try {
      return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim().split('\n')[0]
    } catch {
      return undefined
    }
  }
  const commit = run('git', ['-C', path.dirname(path.resolve(program)), 'describe', '--always', '--dirty', '--abbrev=7'])
  return [run(program, ['--version']), commit && `commit ${commit}`].filter(Boolean).join(', ')
}
