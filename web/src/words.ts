// Words for sizes, times and counts, the same everywhere on the page.

export function size_words(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  for (const [unit, size] of [['kB', 1e3], ['MB', 1e6], ['GB', 1e9]] as const) {
    if (bytes < size * 1000 || unit === 'GB') return `${(bytes / size).toFixed(bytes < size * 10 ? 1 : 0)} ${unit}`;
  }
  return '';
}

const kMinute = 60_000;
const kHour = 60 * kMinute;
const kDay = 24 * kHour;

/** "5 minutes ago", "yesterday, 14:05", "3 May, 14:05", "3 May 2025". */
export function when_words(time: number, now: number, locale = 'en-GB'): string {
  const ago = now - time;
  if (ago < kMinute) return 'just now';
  if (ago < kHour) return count_words(Math.floor(ago / kMinute), 'minute') + ' ago';
  const then = new Date(time);
  const clock = then.toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / kDay);
  if (days === 0) return `today, ${clock}`;
  if (days === 1) return `yesterday, ${clock}`;
  const this_year = then.getFullYear() === new Date(now).getFullYear();
  const date = then.toLocaleDateString(locale, { day: 'numeric', month: 'short', ...(this_year ? {} : { year: 'numeric' }) });
  return this_year ? `${date}, ${clock}` : date;
}

export function count_words(count: number, what: string, several = `${what}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? what : several}`;
}
