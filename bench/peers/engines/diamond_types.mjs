// Text only. A transaction's update is what is new since the version before it.
import { createRequire } from 'node:module'

const { Doc } = createRequire(import.meta.url)('diamond-types-node')

class Replica {
  constructor (client, doc = new Doc(`agent${client}`)) { this.doc = doc }

  capture (sink) { this.sink = sink }
  transact (edit) {
    if (!this.sink) return edit()
    const before = this.doc.getLocalVersion()
    edit()
    this.sink(this.doc.getPatchSince(before))
  }

  insert (at, text) { this.doc.ins(at, text) }
  erase (at, length) { this.doc.del(at, length) }
  apply (update) { this.doc.mergeBytes(update) }
  encode () { return this.doc.toBytes() }
  text () { return this.doc.get() }
  free () { this.doc.free() }
}

export default {
  name: 'diamond-types',
  formats: ['v1'],
  replicas: n => Array.from({ length: n }, (_, i) => new Replica(i + 1)),
  load: bytes => new Replica(999, Doc.fromBytes(bytes, 'agent999'))
}
