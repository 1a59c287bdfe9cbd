// The difference between two texts, by words.
//
// The common beginning and end are cut off first, so texts that differ in one place cost little, however long they are. What is
// between is compared by Myers' algorithm. If it differs in very many places, it counts as replaced: then no list of words helps.

export interface Part {
  kind: 'same' | 'added' | 'removed';
  text: string;
}

const kMostEdits = 1500;
const kMostWords = 60_000;

export function word_diff(before: string, after: string): Part[] {
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) ++start;
  start = word_start(before, after, start);
  let end = 0;
  while (end < shorter - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) ++end;
  end = word_end(before, after, start, end);
  const parts: Part[] = [];
  add(parts, 'same', before.slice(0, start));
  for (const part of middle(before.slice(start, before.length - end), after.slice(start, after.length - end))) add(parts, part.kind, part.text);
  add(parts, 'same', before.slice(before.length - end));
  return parts;
}

const is_letter = (text: string, at: number) => at >= 0 && at < text.length && /[\p{L}\p{N}\p{M}\uD800-\uDFFF]/u.test(text[at]!);

// Back to where a word begins in both, so that no word is cut.
function word_start(a: string, b: string, at: number): number {
  while (at > 0 && is_letter(a, at - 1) && (is_letter(a, at) || is_letter(b, at))) --at;
  return at;
}

function word_end(a: string, b: string, start: number, end: number): number {
  const inside = (text: string) => is_letter(text, text.length - end - 1);
  while (end > 0 && is_letter(a, a.length - end) && (inside(a) || inside(b))) --end;
  return Math.min(end, a.length - start, b.length - start);
}

function words_of(text: string): string[] {
  return text.match(/[\p{L}\p{N}\p{M}]+|\s+|[^\p{L}\p{N}\p{M}\s]/gu) ?? [];
}

function add(parts: Part[], kind: Part['kind'], text: string): void {
  if (!text) return;
  const last = parts[parts.length - 1];
  if (last?.kind === kind) last.text += text;
  else parts.push({ kind, text });
}

function replaced(before: string, after: string): Part[] {
  return [{ kind: 'removed', text: before }, { kind: 'added', text: after }];
}

function middle(before: string, after: string): Part[] {
  if (before === '' || after === '') return replaced(before, after);
  const [a, b] = [words_of(before), words_of(after)];
  if (a.length + b.length > kMostWords) return replaced(before, after);
  const steps = shortest_edit(a, b);
  return steps ? walk(a, b, steps) : replaced(before, after);
}

// For each number of edits, how far each diagonal reaches. Null: there are too many edits.
function shortest_edit(a: string[], b: string[]): Int32Array[] | null {
  const most = Math.min(a.length + b.length, kMostEdits);
  const steps: Int32Array[] = [];
  let reach = new Int32Array(2 * most + 3);
  const middle_at = most + 1;
  for (let edits = 0; edits <= most; ++edits) {
    steps.push(reach.slice(middle_at - edits - 1, middle_at + edits + 2));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = diagonal === -edits || (diagonal !== edits && reach[middle_at + diagonal - 1]! < reach[middle_at + diagonal + 1]!);
      let x = down ? reach[middle_at + diagonal + 1]! : reach[middle_at + diagonal - 1]! + 1;
      let y = x - diagonal;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        ++x;
        ++y;
      }
      reach[middle_at + diagonal] = x;
      if (x >= a.length && y >= b.length) return steps;
    }
  }
  return null;
}

function walk(a: string[], b: string[], steps: Int32Array[]): Part[] {
  const reversed: Part[] = [];
  let [x, y] = [a.length, b.length];
  for (let edits = steps.length - 1; edits >= 0; --edits) {
    const reach = steps[edits]!;
    const at = (diagonal: number) => reach[diagonal + edits + 1]!;
    const diagonal = x - y;
    const down = diagonal === -edits || (diagonal !== edits && at(diagonal - 1) < at(diagonal + 1));
    const from = down ? diagonal + 1 : diagonal - 1;
    const [old_x, old_y] = edits === 0 ? [0, 0] : [at(from), at(from) - from];
    while (x > old_x && y > old_y && a[x - 1] === b[y - 1]) {
      reversed.push({ kind: 'same', text: a[--x]! });
      --y;
    }
    if (edits === 0) break;
    if (down) reversed.push({ kind: 'added', text: b[--y]! });
    else reversed.push({ kind: 'removed', text: a[--x]! });
  }
  const parts: Part[] = [];
  for (const part of reversed.reverse()) add(parts, part.kind, part.text);
  return parts;
}
