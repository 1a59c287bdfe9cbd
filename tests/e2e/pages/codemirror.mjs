// A CodeMirror editor bound to Yjs by y-codemirror.next, over y-websocket, as its documentation shows it.

import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { yCollab } from 'y-codemirror.next';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const options = new URLSearchParams(location.hash.slice(1));
const doc = new Y.Doc();
const provider = new WebsocketProvider(options.get('server'), options.get('object'), doc, { disableBc: true, maxBackoffTime: 200 });
provider.awareness.setLocalStateField('user', { name: options.get('name'), color: '#3366cc' });
const text = doc.getText('codemirror');
const view = new EditorView({
  state: EditorState.create({ doc: text.toString(), extensions: [yCollab(text, provider.awareness)] }),
  parent: document.querySelector('#editor'),
});

window.test = {
  synced: () => provider.synced,
  set: (words) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: words } }),
  text: () => view.state.doc.toString(),
  select: (words) => {
    const at = view.state.doc.toString().indexOf(words);
    view.focus();
    view.dispatch({ selection: { anchor: at, head: at + words.length } });
  },
  selected: () => view.state.sliceDoc(view.state.selection.main.from, view.state.selection.main.to),
};
