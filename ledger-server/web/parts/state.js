// States as they are shown: always a shape and a word, with the colour of how it feels.

import { h } from '../core/dom.js';
import { plainWord } from '../core/format.js';
import { shape } from './icons.js';

// The same families as the ledger's own pictures have.
const TONES = {
  active: ['DISPATCHED', 'EXECUTING', 'PLANNED', 'CHALLENGED', 'RUNNING'],
  waiting: ['BER_PENDING', 'PDO_PENDING', 'SEALED', 'AGGREGATING', 'READING', 'DRAFT', 'PENDING', 'WARNING', 'FINALIZABLE', 'SUSPENDED'],
  good: ['COMPLETE', 'OPEN', 'FINAL', 'PASSED', 'PASS', 'APPROVE', 'APPROVE_WITH_REMARKS', 'ACCEPTED', 'WRAPPED', 'RESOLVED', 'VERIFIED', 'ACTIVE', 'DONE'],
  bad: ['FAILED', 'FAIL', 'REJECT', 'REJECTED', 'CRITICAL', 'UNRESOLVED'],
  stopped: ['BLOCKED', 'BLOCKING', 'WITHDRAWN'],
  skipped: ['WAIVED', 'VOID', 'ABANDONED', 'RETIRED', 'SUPERSEDED', 'REVOKED', 'CANCELLED', 'EXPIRED', 'TRANSFERRED'],
};
const TONE_OF = new Map(Object.entries(TONES).flatMap(([tone, words]) => words.map((word) => [word, tone])));

export const toneOf = (word) => TONE_OF.get(word) ?? 'idle';

/** A state by its word in the ledger; `label` where people say it differently. */
export function state(word, { label, tone = toneOf(word) } = {}) {
  return h('span', { class: 'state', 'data-tone': tone }, shape(tone), label ?? plainWord(word));
}
