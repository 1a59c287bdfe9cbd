// A ProseMirror editor bound to Yjs by y-prosemirror, over y-websocket, as an application would do it.

import { baseKeymap, toggleMark } from 'prosemirror-commands';
import { keymap } from 'prosemirror-keymap';
import { Schema } from 'prosemirror-model';
import { schema as basic } from 'prosemirror-schema-basic';
import { addListNodes, splitListItem, wrapInList } from 'prosemirror-schema-list';
import { EditorState } from 'prosemirror-state';
import { EditorView } from 'prosemirror-view';
import { redo, undo, yCursorPlugin, ySyncPlugin, yUndoPlugin } from 'y-prosemirror';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const options = new URLSearchParams(location.hash.slice(1));
const schema = new Schema({ nodes: addListNodes(basic.spec.nodes, 'paragraph block*', 'block'), marks: basic.spec.marks });
const doc = new Y.Doc();
const provider = new WebsocketProvider(options.get('server'), options.get('object'), doc, { disableBc: true, maxBackoffTime: 200 });
provider.awareness.setLocalStateField('user', { name: options.get('name'), color: '#3366cc' });
const view = new EditorView(document.querySelector('#editor'), {
  state: EditorState.create({
    schema,
    plugins: [
      ySyncPlugin(doc.getXmlFragment('prosemirror')),
      yCursorPlugin(provider.awareness),
      yUndoPlugin(),
      keymap({
        'Mod-z': undo,
        'Mod-y': redo,
        'Mod-b': toggleMark(schema.marks.strong),
        'Mod-i': toggleMark(schema.marks.em),
        'Mod-l': wrapInList(schema.nodes.bullet_list),
        Enter: splitListItem(schema.nodes.list_item),
      }),
      keymap(baseKeymap),
    ],
  }),
});

window.test = {
  offline: () => provider.disconnect(),
  online: () => provider.connect(),
  synced: () => provider.synced,
  json: () => view.state.doc.toJSON(),
  xml: () => doc.getXmlFragment('prosemirror').toString(),
  vector: () => [...Y.encodeStateVector(doc)],
};
