// Puts text on the clipboard, where the browser lets a page do that.

/** False if nobody took it. `prompt` says what it is, where there is no clipboard. */
export async function copy_text(text: string, prompt: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard outside a secure context (plain http to another machine).
    return window.prompt(prompt, text) !== null;
  }
}
