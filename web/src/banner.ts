// Shows notices above the text, and reports which of their buttons were pressed.

import { copy_text } from './copy.ts';
import { kActionWords, type Notice, type NoticeAction } from './notice.ts';

const kCopiedMilliseconds = 1600;

export class Banner {
  private readonly place_: HTMLElement;
  private readonly act_: (action: NoticeAction) => void;
  private shown_ = '';

  constructor(place: HTMLElement, act: (action: NoticeAction) => void) {
    this.place_ = place;
    this.act_ = act;
  }

  show(notices: Notice[]): void {
    // What has not changed stays in place, with its focus, and no screen reader says it again.
    const key = JSON.stringify(notices);
    if (key === this.shown_) return;
    this.shown_ = key;
    this.place_.replaceChildren(...notices.map((notice) => this.draw_(notice)));
  }

  private draw_(notice: Notice): HTMLElement {
    const box = document.createElement('section');
    box.className = 'notice';
    box.dataset['testid'] = 'notice';
    box.dataset['about'] = notice.about;
    const words = document.createElement('p');
    const title = document.createElement('strong');
    title.textContent = notice.title;
    words.append(title, ` ${notice.words}`);
    const actions = document.createElement('div');
    actions.className = 'notice-actions';
    actions.append(...notice.actions.map((action) => this.button_(action, notice)));
    box.append(words, actions);
    if (notice.kept.trim()) box.append(kept_text(notice.kept));
    return box;
  }

  private button_(action: NoticeAction, notice: Notice): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button';
    button.dataset['testid'] = `notice-${action}`;
    button.textContent = kActionWords[action];
    button.addEventListener('click', () => void (action === 'copy' ? copy(button, notice.kept) : this.act_(action)));
    return button;
  }
}

function kept_text(text: string): HTMLElement {
  const kept = document.createElement('pre');
  kept.className = 'notice-kept';
  kept.dataset['testid'] = 'notice-kept';
  kept.tabIndex = 0;
  kept.setAttribute('aria-label', 'Your text that was not saved');
  kept.textContent = text;
  return kept;
}

async function copy(button: HTMLElement, text: string): Promise<void> {
  if (!(await copy_text(text, 'Copy your text'))) return;
  button.textContent = 'Copied';
  setTimeout(() => (button.textContent = kActionWords.copy), kCopiedMilliseconds);
}
