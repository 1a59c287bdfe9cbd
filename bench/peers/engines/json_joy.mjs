// A transaction's patch is built by the API and flushed; replicas start as forks of one document, as it asks for.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { Model } = require('json-joy/lib/json-crdt/index.js')
const { Patch } = require('json-joy/lib/json-crdt-patch/index.js')

class Replica {
  constructor (model) { this.bind(model) }

  bind (model) {
    this.model = model
    this.api = model.api
    this.root = this.api.str(['content'])
    this.array = this.api.arr(['array'])
    this.map = this.api.obj(['map'])
  }

  capture (sink) { this.sink = sink }
  transact (edit) {
    edit()
    const patch = this.api.flush()
    if (this.sink) this.sink(patch.toBinary())
  }

  insert (at, text) { this.root.ins(at, text) }
  erase (at, length) { this.root.del(at, length) }
  insertValues (at, values) { this.array.ins(at, values) }
  set (key, value) { this.map.set({ [key]: value }) }
  apply (update) { this.model.applyPatch(Patch.fromBinary(update)) }
  encode () { return this.model.toBinary() }
  text () { return this.root.view() }
  json () { return JSON.stringify([this.array.view(), this.map.view()]) }
  base () { return this.model.toBinary() }
  free () {}
}

const kFirstSession = 70000

const fork = (bytes, session) => {
  const model = Model.fromBinary(bytes)
  model.setSid(session)
  return new Replica(model)
}

const base = () => {
  const model = Model.create(undefined, kFirstSession)
  model.api.root({ content: '', array: [], map: {} })
  model.api.flush()
  return model.toBinary()
}

export default {
  name: 'json-joy',
  formats: ['v1'],
  values: true,
  replicas: n => {
    const bytes = base()
    return Array.from({ length: n }, (_, i) => fork(bytes, kFirstSession + 1 + i))
  },
  // The replica that receives what another made from the same start.
  receiver: bytes => fork(bytes, kFirstSession + 900000),
  spare: () => fork(base(), kFirstSession + 900000),
  load: bytes => new Replica(Model.fromBinary(bytes))
}
