// Replicas start as clones of one document; a transaction is a change, its update that change's bytes.
import * as A from '@automerge/automerge'

const actor = n => n.toString(16).padStart(32, '0')

class Replica {
  constructor (doc) { this.doc = doc }

  capture (sink) { this.sink = sink }
  transact (edit) {
    this.doc = A.change(this.doc, draft => {
      this.draft = draft
      edit()
    })
    if (this.sink) this.sink(A.getLastLocalChange(this.doc))
  }

  insert (at, text) { A.splice(this.draft, ['content'], at, 0, text) }
  erase (at, length) { A.splice(this.draft, ['content'], at, length) }
  insertValues (at, values) { A.insertAt(this.draft.array, at, ...values) }
  set (key, value) { this.draft.map[key] = value }
  apply (update) { [this.doc] = A.applyChanges(this.doc, [update]) }
  encode () { return A.save(this.doc) }
  text () { return this.doc.content }
  json () { return JSON.stringify([this.doc.array, this.doc.map]) }
  free () { A.free(this.doc) }
}

const base = A.save(A.from({ content: '', array: [], map: {} }, actor(1)))

export default {
  name: 'automerge',
  formats: ['v1'],
  values: true,
  replicas: n => Array.from({ length: n }, (_, i) => new Replica(A.load(base, actor(i + 2)))),
  load: bytes => new Replica(A.load(bytes))
}
