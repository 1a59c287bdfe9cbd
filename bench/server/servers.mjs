// Starting a server, waiting until it listens, ending it. Only processes started here are ended, by their id.

import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const kStartSeconds = 20
const kStopSeconds = 10

// The kernel ends a child when this process dies, even if it was killed. Needs setpriv of util-linux.
const tether = spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0 ? ['setpriv', '--pdeathsig', 'KILL'] : []

// {certificate, key}: files in this folder, for servers on 127.0.0.1.
export const makeCertificate = folder => {
  fs.mkdirSync(folder, { recursive: true })
  const [certificate, key] = ['cert.pem', 'key.pem'].map(name => path.join(folder, name))
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-keyout', key, '-out', certificate, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`no certificate could be made: ${made.stderr}`)
  return { certificate, key }
}

const running = new Set()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))

// A child process that does not outlive this one.
export const launch = (command, options) => {
  const [program, ...args] = [...tether, ...command]
  const child = spawn(program, args, options)
  running.add(child)
  child.on('exit', () => running.delete(child))
  return child
}

export const freePort = () => new Promise((resolve, reject) => {
  const server = net.createServer()
  server.on('error', reject)
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(String(port)))
  })
})

const listens = port => new Promise(resolve => {
  const socket = net.connect({ host: '127.0.0.1', port: Number(port) })
  const end = answer => {
    socket.destroy()
    resolve(answer)
  }
  socket.on('connect', () => end(true))
  socket.on('error', () => end(false))
})

// A server does not get the variables that would configure it.
const environment = () => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SYNCLINE_') && name !== 'NODE_OPTIONS')),
  NODE_ENV: 'production'
})

// {pid, port, stop()}. `place`: {data, log, relay, environment}; what the server prints goes to the file `log`.
export const start = async (subject, place) => {
  const port = await freePort()
  fs.mkdirSync(path.dirname(place.log), { recursive: true })
  const log = fs.openSync(place.log, 'a')
  const child = launch(subject.command({ port, ...place }), {
    stdio: ['ignore', log, log],
    env: { ...environment(), ...subject.environment?.({ port }), ...place.environment }
  })
  fs.closeSync(log)
  let ended
  const end = new Promise(resolve => {
    child.on('error', error => resolve((ended = String(error))))
    child.on('exit', (code, signal) => resolve((ended = `ended with ${signal ?? code}`)))
  })

  for (const until = Date.now() + kStartSeconds * 1000; !(await listens(port));) {
    if (ended || Date.now() > until) {
      child.kill('SIGKILL')
      await end
      const said = fs.readFileSync(place.log, 'utf8').trim().split('\n').slice(-5).join('\n')
      throw new Error(`${subject.name} did not start (${ended}): ${said}`)
    }
    await sleep(50)
  }
  const stop = async () => {
    const died = ended
    child.kill('SIGTERM')
    const kill = setTimeout(() => child.kill('SIGKILL'), kStopSeconds * 1000)
    await end
    clearTimeout(kill)
    if (died) throw new Error(`${subject.name} ${died} while it was measured`)
  }
  return { pid: String(child.pid), port, stop }
}
