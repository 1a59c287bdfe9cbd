// CodeMirror over a Session's text: Markdown, soft wrapping, and undo that takes back only one's own edits.

import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { markdown, markdownLanguage } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, dropCursor, EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next';
import * as Y from 'yjs';
import { cursors } from './cursors.ts';
import type { Session } from './session.ts';

// Only classes: the style sheet of the page decides how they look, in light and dark.
const highlight = HighlightStyle.define([
  { tag: tags.heading1, class: 'md-h1' },
  { tag: tags.heading2, class: 'md-h2' },
  { tag: tags.heading, class: 'md-h' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.emphasis, class: 'md-em' },
  { tag: tags.strikethrough, class: 'md-strike' },
  { tag: [tags.link, tags.url], class: 'md-link' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: tags.labelName, class: 'md-fence' },
  { tag: tags.quote, class: 'md-quote' },
  { tag: [tags.processingInstruction, tags.contentSeparator], class: 'md-mark' },
  { tag: [tags.meta, tags.comment, tags.angleBracket], class: 'md-mark' },
  { tag: [tags.tagName, tags.attributeName, tags.keyword], class: 'md-keyword' },
  { tag: [tags.string, tags.number, tags.attributeValue], class: 'md-string' },
]);

export class Editor {
  private readonly view_: EditorView;
  private readonly placeholder_ = new Compartment();
  private readonly read_only_ = new Compartment();
  private hint_ = '';
  private is_read_only_ = false;
  private was_focused_ = false;

  constructor(parent: HTMLElement, session: Session) {
    const undo = new Y.UndoManager(session.text);
    this.view_ = new EditorView({
      parent,
      state: EditorState.create({
        doc: session.text.toString(),
        extensions: [
          keymap.of([...yUndoManagerKeymap, ...defaultKeymap, indentWithTab]),
          markdown({ base: markdownLanguage, completeHTMLTags: false }),
          syntaxHighlighting(highlight),
          drawSelection(),
          dropCursor(),
          EditorState.allowMultipleSelections.of(true),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': 'Document text', spellcheck: 'true' }),
          this.placeholder_.of([]),
          this.read_only_.of([]),
          yCollab(session.text, null, { undoManager: undo }),
          cursors(session.text, session.awareness),
        ],
      }),
    });
  }

  /** What an empty document says. */
  set_hint(hint: string): void {
    if (hint === this.hint_) return;
    this.hint_ = hint;
    this.view_.dispatch({ effects: this.placeholder_.reconfigure(placeholder(hint)) });
  }

  /** The text can still be selected, and read with the keyboard. Whoever may write again goes on where he was. */
  set_read_only(read_only: boolean): void {
    if (read_only === this.is_read_only_) return;
    this.is_read_only_ = read_only;
    if (read_only) this.was_focused_ = this.view_.hasFocus;
    const how = read_only
      ? [EditorState.readOnly.of(true), EditorView.editable.of(false), EditorView.contentAttributes.of({ tabindex: '0', 'aria-readonly': 'true' })]
      : [];
    this.view_.dispatch({ effects: this.read_only_.reconfigure(how) });
    const elsewhere = document.activeElement !== null && document.activeElement !== document.body && !this.view_.hasFocus;
    if (!read_only && this.was_focused_ && !elsewhere) this.view_.focus();
  }

  /** Where the caret is, and whether it takes what is typed. */
  get place(): { caret: number; focused: boolean } {
    return { caret: this.view_.state.selection.main.head, focused: this.view_.hasFocus || (this.is_read_only_ && this.was_focused_) };
  }

  put_caret(at: number): void {
    this.view_.dispatch({ selection: { anchor: Math.min(at, this.view_.state.doc.length) }, scrollIntoView: true });
  }

  focus(): void {
    this.view_.focus();
  }

  close(): void {
    this.view_.destroy();
  }
}
