// The token of this tab. It is kept in the tab's own storage, which no other site and no later visit can read, and not in the
// address: addresses stay in the history of the browser, and people copy them.

const kTokenKey = 'syncline.token';

export function load_token(storage: Storage | null): string | null {
  try {
    return storage?.getItem(kTokenKey) || null;
  } catch {
    return null;
  }
}

export function save_token(storage: Storage | null, token: string | null): void {
  try {
    if (token) storage?.setItem(kTokenKey, token);
    else storage?.removeItem(kTokenKey);
  } catch {
    // Full or forbidden: the token still holds until the page is loaded again.
  }
}
