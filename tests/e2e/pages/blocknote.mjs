// A BlockNote editor bound to Yjs over y-websocket, as its documentation shows it.

import { BlockNoteEditor } from '@blocknote/core';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const options = new URLSearchParams(location.hash.slice(1));
const doc = new Y.Doc();
const provider = new WebsocketProvider(options.get('server'), options.get('object'), doc, { disableBc: true, maxBackoffTime: 200 });
const editor = BlockNoteEditor.create({ collaboration: { fragment: doc.getXmlFragment('document-store'), user: { name: options.get('name'), color: '#3366cc' }, provider } });
editor.mount(document.querySelector('#editor'));

window.test = {
  synced: () => provider.synced,
  set: (blocks) => { editor.replaceBlocks(editor.document, blocks); },
  blocks: () => editor.document,
};
