// An adapter gives every engine the same face (see ../cases.mjs): a text, an array and a map in one document.
import * as Y from 'yjs'

class Replica {
  constructor (client) {
    this.doc = new Y.Doc()
    this.doc.clientID = client
    this.root = this.doc.getText('content')
    this.array = this.doc.getArray('array')
    this.map = this.doc.getMap('map')
  }

  capture (sink) { this.doc.on('update', (update, origin) => { if (origin !== 'remote') sink(update) }) }
  transact (edit) { this.doc.transact(edit) }
  insert (at, text) { this.root.insert(at, text) }
  erase (at, length) { this.root.delete(at, length) }
  insertValues (at, values) { this.array.insert(at, values) }
  set (key, value) { this.map.set(key, value) }
  apply (update) { Y.applyUpdate(this.doc, update, 'remote') }
  encode (format) { return format === 'v1' ? Y.encodeStateAsUpdate(this.doc) : Y.encodeStateAsUpdateV2(this.doc) }
  text () { return this.root.toString() }
  json () { return JSON.stringify([this.array.toJSON(), this.map.toJSON()]) }
  free () { this.doc.destroy() }
}

export default {
  name: 'yjs',
  formats: ['v1', 'v2'],
  values: true, // has arrays and maps
  replicas: n => Array.from({ length: n }, (_, i) => new Replica(i + 1)),
  load: (bytes, format) => {
    const replica = new Replica(999)
    if (format === 'v1') Y.applyUpdate(replica.doc, bytes, 'remote')
    else Y.applyUpdateV2(replica.doc, bytes, 'remote')
    return replica
  }
}
