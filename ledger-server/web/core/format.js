// Numbers, times, hashes and words as they are shown. Pure, but for the language of the browser.

const number = new Intl.NumberFormat('en-US');
const exact = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });

/** 12345 as 12,345. */
export const count = (n) => number.format(n);

/** "1 entry", "2 entries". */
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** The exact local time, with the zone's own offset left to the title's reader: 2026-11-28 10:03:42, then UTC. */
export function exactTime(time) {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? String(time) : `${exact.format(at)} here, ${at.toISOString()}`;
}

const STEPS = [
  [60, 1, 's'],
  [3_600, 60, 'min'],
  [86_400, 3_600, 'h'],
  [Infinity, 86_400, 'd'],
];

/** "3 min ago", "in 40 s"; beyond 60 days the date. */
export function relativeTime(time, now = Date.now()) {
  const at = new Date(time).getTime();
  if (Number.isNaN(at)) return String(time);
  const seconds = Math.round((now - at) / 1_000);
  const size = Math.abs(seconds);
  if (size < 2) return 'now';
  if (size > 60 * 86_400) return new Date(at).toISOString().slice(0, 10);
  const [, unit, word] = STEPS.find(([limit]) => size < limit);
  const text = `${Math.floor(size / unit)} ${word}`;
  return seconds >= 0 ? `${text} ago` : `in ${text}`;
}

/** 950 as "950 ms", 61000 as "1 min 1 s". */
export function duration(ms) {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** The beginning of a hash and what it is made with: `sha256:9f86d081…`. */
export function shortHash(hash, length = 10) {
  const text = String(hash);
  const colon = text.indexOf(':') + 1;
  return text.length - colon <= length + 4 ? text : `${text.slice(0, colon + length)}…`;
}

/** The number of an entry in event JSON, where it is padded text. */
export const sequenceOf = (entry) => Number(entry.sequence);

/** A word in capitals and underscores, as people read it: BER_PENDING as "BER pending". */
export function plainWord(word) {
  const known = new Set(['BER', 'PDO', 'PAC', 'OPDO', 'WRAP', 'GID']);
  const parts = String(word).split('_').map((part) => (known.has(part) ? part : part.toLowerCase()));
  const [first = '', ...rest] = parts;
  return [first.charAt(0).toUpperCase() + first.slice(1), ...rest].join(' ');
}
