// The keyboard: what the page listens to, and the dialog that tells it.

export interface KeyActions {
  history(): void;
  name(): void;
  workspace(): void;
  share(): void;
}

const kMod = /Mac|iPhone|iPad/u.test(navigator.platform) ? '⌘' : 'Ctrl';

const kHints: [string, string][] = [
  [`${kMod}+K`, 'open another document'],
  [`${kMod}+Alt+H`, 'history of the document'],
  [`${kMod}+Alt+S`, 'share the document'],
  [`${kMod}+Alt+O`, 'all objects of the workspace'],
  ['← →', 'in the history: one change earlier or later'],
  ['Esc', 'end a comparison, close the history or a dialog'],
  [`${kMod}+Z, ${kMod}+Shift+Z`, 'undo and redo what you wrote yourself'],
  ['Esc, then Tab', 'leave the text with the keyboard'],
  [`${kMod}+/`, 'this list'],
];

export function watch_keys(actions: KeyActions): void {
  const dialog = document.getElementById('keys-dialog') as HTMLDialogElement;
  const list = document.getElementById('keys-list')!;
  for (const [keys, words] of kHints) {
    const term = document.createElement('dt');
    const key = document.createElement('kbd');
    key.textContent = keys;
    term.append(key);
    const said = document.createElement('dd');
    said.textContent = words;
    list.append(term, said);
  }
  const tell = () => (dialog.open ? dialog.close() : dialog.showModal());
  document.getElementById('keys')!.addEventListener('click', tell);
  document.getElementById('keys-close')!.addEventListener('click', () => dialog.close());
  window.addEventListener(
    'keydown',
    (event) => {
      const act = chosen(event, actions, tell);
      if (!act) return;
      event.preventDefault();
      event.stopPropagation();
      act();
    },
    // Before the editor, which has a meaning of its own for some of them.
    true,
  );
}

function chosen(event: KeyboardEvent, actions: KeyActions, tell: () => void): (() => void) | null {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey) return null;
  if (event.altKey) return { KeyH: actions.history, KeyS: actions.share, KeyO: actions.workspace }[event.code] ?? null;
  if (event.key === '/') return tell;
  return event.key.toLowerCase() === 'k' ? actions.name : null;
}
