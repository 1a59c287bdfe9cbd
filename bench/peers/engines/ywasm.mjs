// yrs, Yjs's port to Rust, as WebAssembly.
import { createRequire } from 'node:module'

const Y = createRequire(import.meta.url)('ywasm')

class Replica {
  constructor (client) {
    this.doc = new Y.YDoc({ clientID: client })
    this.root = this.doc.getText('content')
    this.array = this.doc.getArray('array')
    this.map = this.doc.getMap('map')
    this.txn = undefined
  }

  capture (sink) { this.observer = this.doc.onUpdate(update => { if (!this.applying) sink(update) }) }
  transact (edit) {
    this.txn = this.doc.beginTransaction('local')
    edit()
    this.txn.commit()
    this.txn.free()
    this.txn = undefined
  }

  insert (at, text) { this.root.insert(at, text, undefined, this.txn) }
  erase (at, length) { this.root.delete(at, length, this.txn) }
  insertValues (at, values) { this.array.insert(at, values, this.txn) }
  set (key, value) { this.map.set(key, value, this.txn) }
  apply (update) {
    this.applying = true
    Y.applyUpdate(this.doc, update, 'remote')
    this.applying = false
  }

  encode (format) { return format === 'v1' ? Y.encodeStateAsUpdate(this.doc) : Y.encodeStateAsUpdateV2(this.doc) }
  text () { return this.root.toString(undefined) }
  json () { return JSON.stringify([this.array.toJson(undefined), this.map.toJson(undefined)]) }
  free () { this.doc.free() }
}

export default {
  name: 'ywasm',
  formats: ['v1', 'v2'],
  values: true,
  replicas: n => Array.from({ length: n }, (_, i) => new Replica(i + 1)),
  load: (bytes, format) => {
    const replica = new Replica(999)
    if (format === 'v1') Y.applyUpdate(replica.doc, bytes, 'remote')
    else Y.applyUpdateV2(replica.doc, bytes, 'remote')
    return replica
  }
}
