// A TipTap editor with its collaboration extension over the Hocuspocus provider, as their documentation shows it.

import { HocuspocusProvider } from '@hocuspocus/provider';
import { Editor } from '@tiptap/core';
import Collaboration from '@tiptap/extension-collaboration';
import StarterKit from '@tiptap/starter-kit';
import * as Y from 'yjs';

const options = new URLSearchParams(location.hash.slice(1));
const provider = new HocuspocusProvider({
  url: options.get('server'),
  name: options.get('object'),
  document: new Y.Doc(),
  token: 'none',
});
const editor = new Editor({
  element: document.querySelector('#editor'),
  extensions: [StarterKit.configure({ undoRedo: false, trailingNode: false }), Collaboration.configure({ document: provider.document })],
});

window.test = {
  offline: () => provider.disconnect(),
  online: () => provider.connect(),
  synced: () => provider.isSynced && !provider.hasUnsyncedChanges,
  json: () => editor.getJSON(),
  xml: () => provider.document.getXmlFragment('default').toString(),
  vector: () => [...Y.encodeStateVector(provider.document)],
};
