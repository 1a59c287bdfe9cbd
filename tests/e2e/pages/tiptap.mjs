// A TipTap editor with its collaboration extension over the Hocuspocus provider, as their documentation shows it.

import { HocuspocusProvider } from '@hocuspocus/provider';
import { Editor } from '@tiptap/core';
import Collaboration from '@tiptap/extension-collaboration';
import Image from '@tiptap/extension-image';
import { TableKit } from '@tiptap/extension-table';
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
  extensions: [StarterKit.configure({ undoRedo: false, trailingNode: false }), Image, TableKit, Collaboration.configure({ document: provider.document })],
});

window.test = {
  offline: () => provider.disconnect(),
  online: () => provider.connect(),
  synced: () => provider.isSynced && !provider.hasUnsyncedChanges,
  json: () => editor.getJSON(),
  html: () => editor.getHTML(),
  set: (html) => editor.commands.setContent(html),
  select: (words) => {
    const text = editor.state.doc.textBetween(0, editor.state.doc.content.size, '\n', '\n');
    if (!text.includes(words)) throw new Error(`there is no ${words}`);
    let at = 0;
    editor.state.doc.descendants((node, pos) => {
      if (node.isText && node.text.includes(words)) at = pos + node.text.indexOf(words);
    });
    editor.commands.setTextSelection({ from: at, to: at + words.length });
  },
  selected: () => editor.state.doc.textBetween(editor.state.selection.from, editor.state.selection.to),
  xml: () => provider.document.getXmlFragment('default').toString(),
  vector: () => [...Y.encodeStateVector(provider.document)],
};
