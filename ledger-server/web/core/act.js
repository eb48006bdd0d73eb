// Appends intents that this browser signs.
//
// No rule here: the ledger judges, and its refusal is shown. Invariant: what was signed is sent as it is; sending it again is the same intent.

import { send } from './api.js';
import { signIntent } from '../check/intent.js';
import { signer } from './vault.js';

/** The event that each kind becomes; `ledger schema KIND` says the same. */
const EVENTS = {
  enrol_key: 'enrolment.used',
  open_review: 'review.opened',
  draw_challenge: 'review.challenged',
  answer_challenge: 'review.answered',
  give_verdict: 'review.verdict_given',
};

/** The signed body, to be sent. */
export const sign = (kind, stream, data, key, log) =>
  signIntent({ kind, event: { type: EVENTS[kind], version: 1 }, stream, actor: key.gid, data }, log, signer(key));

/** Sends it: the receipt, and when the answer came by the page's own monotonic clock. */
export async function post(body) {
  const response = await send('/v1/append', { method: 'POST', body });
  return { receipt: await response.json(), at: performance.now() };
}

/** Signs and sends a step of a review. */
export const step = async (kind, pac, data, key, log) => post(await sign(kind, `pac/${pac}`, { pac_id: pac, ...data }, key, log));

/** Milliseconds since this moment of the log, by the server's clock; null when the server does not tell it. */
export function elapsedOnServer(response, time) {
  const now = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(now) ? null : now - Date.parse(time);
}
