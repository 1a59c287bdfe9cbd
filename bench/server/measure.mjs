// One run: one scenario against one server that was started for it.

import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { argumentsOf } from './scenarios.mjs'
import { launch, start } from './servers.mjs'

// After this time the generator ends itself.
const kLimitSeconds = 180

const generate = (program, args) => new Promise((resolve, reject) => {
  const child = launch([program, ...args, '--limit', String(kLimitSeconds)], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let printed = ''
  let complained = ''
  child.stdout.on('data', data => (printed += data))
  child.stderr.on('data', data => (complained += data))
  child.on('error', reject)
  child.on('close', (code, signal) => {
    if (printed.startsWith('{')) return resolve(JSON.parse(printed))
    reject(new Error(`the generator ended with ${signal ?? code} ${complained.trim()}`))
  })
})

// What went wrong in a run.
const complaints = figures => [
  figures.failures > 0 && `${figures.failures} clients were refused or dropped (${figures.first_failure})`,
  figures.missing !== 0 && `${figures.missing} updates did not arrive`,
  figures.unsaved > 0 && `${figures.unsaved} updates were not acknowledged`,
  figures.unreadable > 0 && `${figures.unreadable} messages could not be read`
].filter(Boolean)

// The most cores that neither the server nor the generator used.
const otherCores = figures =>
  Math.max(0, ...Object.keys(figures).filter(key => key.endsWith('_other_cores')).map(key => figures[key]))

// {figures, others, complaints}; null if this server cannot take part in the scenario.
export const measure = async ({ scenario, subject, size, load, core, folder }) => {
  if (scenario.restarts && subject.stores === false) return null
  fs.rmSync(folder, { recursive: true, force: true })
  fs.mkdirSync(folder, { recursive: true })
  const place = { data: path.join(folder, 'data'), log: path.join(folder, 'log'), relay: scenario.relay ?? [], environment: scenario.environment }
  const restarts = scenario.restarts && subject.stores
  let server = await start(subject, place)
  let figures
  const found = []
  try {
    for (const [index, step] of scenario.steps.entries()) {
      if (index > 0 && restarts) {
        await sleep(subject.hold * 1000)
        await server.stop()
        server = await start(subject, place)
      }
      figures = await generate(load, [
        step.load, '--port', server.port, '--pid', server.pid, ...(core === undefined ? [] : ['--core', String(core)]),
        ...subject.load, ...argumentsOf(step, size)
      ])
      found.push(...complaints(figures))
    }
  } finally {
    try {
      await server.stop()
    } catch (error) {
      found.push(error.message)
    }
  }
  return { figures, others: otherCores(figures), complaints: found }
}
