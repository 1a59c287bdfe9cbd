// A Lexical editor bound to Yjs by @lexical/yjs, over y-websocket, as its React plugin does it.

import { $createCodeNode, CodeHighlightNode, CodeNode } from '@lexical/code';
import { $createLinkNode, AutoLinkNode, LinkNode } from '@lexical/link';
import { $createListItemNode, $createListNode, ListItemNode, ListNode } from '@lexical/list';
import { $createHeadingNode, $createQuoteNode, HeadingNode, QuoteNode, registerRichText } from '@lexical/rich-text';
import { createYjsBinding, initLocalState, syncLexicalUpdateToYjs, syncYjsChangesToLexical } from '@lexical/yjs';
import { $createLineBreakNode, $createParagraphNode, $createRangeSelection, $createTextNode, $getRoot, $getSelection, $setSelection, createEditor } from 'lexical';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const options = new URLSearchParams(location.hash.slice(1));
const doc = new Y.Doc();
const provider = new WebsocketProvider(options.get('server'), options.get('object'), doc, { disableBc: true, maxBackoffTime: 200 });

const element = document.querySelector('#editor');
element.contentEditable = 'true';
const editor = createEditor({
  namespace: 'test',
  nodes: [HeadingNode, QuoteNode, ListNode, ListItemNode, LinkNode, AutoLinkNode, CodeNode, CodeHighlightNode],
  onError: (error) => { throw error; },
});
editor.setRootElement(element);
registerRichText(editor);

const binding = createYjsBinding({ editor, id: 'main', doc, docMap: new Map([['main', doc]]) });
initLocalState(provider, options.get('name'), '#3366cc', true, {});
binding.root.getSharedType().observeDeep((events, transaction) => {
  if (transaction.origin !== binding) syncYjsChangesToLexical(binding, provider, events, false, () => {});
});
editor.registerUpdateListener(({ prevEditorState, editorState, dirtyElements, dirtyLeaves, normalizedNodes, tags }) => {
  if (!tags.has('skip-collab')) syncLexicalUpdateToYjs(binding, provider, prevEditorState, editorState, dirtyElements, dirtyLeaves, normalizedNodes, tags);
});

const formatted = (words, ...formats) => {
  const node = $createTextNode(words);
  for (const format of formats) node.toggleFormat(format);
  return node;
};
const item = (...content) => $createListItemNode().append(...content);

window.test = {
  synced: () => provider.synced,
  // A document of every node that the mapping names.
  fill: () => editor.update(() => {
    const inner = $createListNode('number', 3).append(item($createTextNode('inner')));
    const done = item($createTextNode('done'));
    const open = item($createTextNode('open'));
    $getRoot().clear().append(
      $createHeadingNode('h2').append($createTextNode('Plan')),
      $createParagraphNode().append($createTextNode('The quick '), formatted('brown', 'bold'), $createTextNode(' fox jumps over the lazy dog'), $createLineBreakNode(),
        $createLinkNode('https://example.org/').append(formatted('a link', 'italic'))),
      $createListNode('bullet').append(item($createTextNode('one')), item(inner), item($createTextNode('two'))),
      $createListNode('check').append(done, open),
      $createQuoteNode().append($createTextNode('quoted')),
      $createCodeNode('js').append($createTextNode('a < b')),
    );
    done.setChecked(true);
  }, { discrete: true }),
  text: () => editor.getEditorState().read(() => $getRoot().getTextContent()),
  nodes: () => editor.getEditorState().read(() => $getRoot().getChildrenKeys()),
  select: (words) => editor.update(() => {
    const node = $getRoot().getAllTextNodes().find((each) => each.getTextContent().includes(words));
    const at = node.getTextContent().indexOf(words);
    const selection = $createRangeSelection();
    selection.anchor.set(node.getKey(), at, 'text');
    selection.focus.set(node.getKey(), at + words.length, 'text');
    $setSelection(selection);
  }, { discrete: true }),
  selected: () => editor.getEditorState().read(() => $getSelection()?.getTextContent() ?? ''),
};
