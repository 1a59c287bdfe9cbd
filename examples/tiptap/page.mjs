// The page: a TipTap editor on a document of Syncline, with the cursors and names of the others.

import { Editor, Extension } from '@tiptap/core';
import Collaboration from '@tiptap/extension-collaboration';
import StarterKit from '@tiptap/starter-kit';
import { yCursorPlugin } from '@tiptap/y-tiptap';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const show = (id, text) => { document.getElementById(id).textContent = text; };

for (const button of document.querySelectorAll('[data-user]')) {
  button.addEventListener('click', () => {
    document.cookie = `user=${button.dataset.user}; path=/; samesite=strict`;
    location.reload();
  });
}

async function session() {
  const answer = await fetch('/session');
  return answer.ok ? answer.json() : null;
}

function open(me, name) {
  const doc = new Y.Doc();
  const provider = new WebsocketProvider(`${me.server}/y/app`, name, doc, { params: { token: me.ticket } });
  // A ticket expires. The provider reads its parameters whenever it connects.
  provider.on('connection-close', async () => {
    const again = await session();
    if (again) provider.params = { token: again.ticket };
  });
  provider.on('status', ({ status }) => show('status', status));
  provider.awareness.on('change', () => {
    const names = [...provider.awareness.getStates().values()].map(({ user }) => user?.name).filter(Boolean);
    show('people', [...new Set(names)].sort().join(', '));
  });
  provider.awareness.setLocalStateField('user', { name: me.name, color: me.color });
  const editor = new Editor({
    element: document.getElementById('editor'),
    editable: me.rights === 'write',
    extensions: [
      StarterKit.configure({ undoRedo: false }),
      Collaboration.configure({ document: doc, field: 'content' }),
      Extension.create({ name: 'carets', addProseMirrorPlugins: () => [yCursorPlugin(provider.awareness)] }),
    ],
  });
  return { editor, provider };
}

const me = await session();
if (me) {
  show('me', me.rights === 'write' ? me.name : `${me.name}, who only reads`);
  open(me, 'plan');
}
