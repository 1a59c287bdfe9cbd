// A Quill editor bound to Yjs by y-quill, over y-websocket, as its documentation shows it.

import Quill from 'quill';
import { QuillBinding } from 'y-quill';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const options = new URLSearchParams(location.hash.slice(1));
const doc = new Y.Doc();
const provider = new WebsocketProvider(options.get('server'), options.get('object'), doc, { disableBc: true, maxBackoffTime: 200 });
const quill = new Quill('#editor', { formats: ['header', 'list', 'indent', 'blockquote', 'code-block', 'bold', 'italic', 'underline', 'strike', 'code', 'link', 'align', 'image'] });
window.binding = new QuillBinding(doc.getText('quill'), quill);

window.test = {
  synced: () => provider.synced,
  set: (ops) => quill.setContents(ops, 'user'),
  delta: () => quill.getContents().ops,
  select: (index) => quill.setSelection(index, 0, 'user'),
  selected: () => quill.getSelection(true).index,
};
