// One line at the bottom that says what was done, with a way back for a while.

const kShownMilliseconds = 10_000;

let timer: ReturnType<typeof setTimeout> | undefined;

export function hide_toast(): void {
  clearTimeout(timer);
  const box = document.getElementById('toast')!;
  box.hidden = true;
  box.replaceChildren();
}

export function show_toast(words: string, undo?: { words: string; act: () => void }): void {
  hide_toast();
  const box = document.getElementById('toast')!;
  const said = document.createElement('span');
  said.textContent = words;
  box.append(said);
  if (undo) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'toast-undo';
    button.dataset['testid'] = 'toast-undo';
    button.textContent = undo.words;
    button.addEventListener('click', () => {
      hide_toast();
      undo.act();
    });
    box.append(button);
  }
  box.hidden = false;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(hide_toast, kShownMilliseconds);
  };
  box.onmouseenter = () => clearTimeout(timer);
  box.onmouseleave = wait;
  wait();
}
