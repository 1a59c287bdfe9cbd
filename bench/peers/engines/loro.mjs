// Its snapshot stands beside our v1, its whole history as updates beside v2.
import { createRequire } from 'node:module'

const { LoroDoc } = createRequire(import.meta.url)('loro-crdt')

class Replica {
  constructor (client) {
    this.doc = new LoroDoc()
    this.doc.setPeerId(BigInt(client))
    this.root = this.doc.getText('content')
    this.array = this.doc.getList('array')
    this.map = this.doc.getMap('map')
  }

  capture (sink) { this.doc.subscribeLocalUpdates(sink) }
  transact (edit) { edit(); this.doc.commit() }
  insert (at, text) { this.root.insert(at, text) }
  erase (at, length) { this.root.delete(at, length) }
  insertValues (at, values) { for (const value of values) this.array.insert(at++, value) }
  set (key, value) { this.map.set(key, value) }
  apply (update) { this.doc.import(update) }
  encode (format) { return this.doc.export({ mode: format === 'v1' ? 'snapshot' : 'update' }) }
  text () { return this.root.toString() }
  json () { return JSON.stringify([this.array.toJSON(), this.map.toJSON()]) }
  free () { this.doc.free() }
}

export default {
  name: 'loro-crdt',
  formats: ['v1', 'v2'],
  values: true,
  replicas: n => Array.from({ length: n }, (_, i) => new Replica(i + 1)),
  load: bytes => {
    const replica = new Replica(999)
    replica.doc.import(bytes)
    return replica
  }
}
