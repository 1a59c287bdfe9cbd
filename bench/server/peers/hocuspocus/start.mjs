// Hocuspocus with its defaults (a document is stored 2 s after its last change, and at least every 10 s), and the
// published database extension with a file for each document.
//
//   node start.mjs PORT FOLDER

import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { Database } from '@hocuspocus/extension-database'
import { Server } from '@hocuspocus/server'

const [port, folder] = process.argv.slice(2)
await fs.mkdir(folder, { recursive: true })
const fileOf = name => path.join(folder, createHash('sha256').update(name).digest('hex'))

const server = new Server({
  address: '127.0.0.1',
  port: Number(port),
  quiet: true,
  extensions: [
    new Database({
      fetch: async ({ documentName }) => {
        try {
          return await fs.readFile(fileOf(documentName))
        } catch (error) {
          if (error.code === 'ENOENT') return null
          throw error
        }
      },
      store: async ({ documentName, state }) => fs.writeFile(fileOf(documentName), state)
    })
  ]
})
await server.listen()
