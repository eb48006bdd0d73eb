// What this browser remembers of the log that it reads: its verifier key, and the last checkpoint that it checked.
//
// The key is trusted on first use, unless somebody pastes one from elsewhere. Invariant: what is remembered is replaced by nothing that was not
// checked against it, but by the visitor's own hand; so a rewritten history, or another log at this address, is noticed.

import { send } from './api.js';
import { demand } from '../check/json.js';
import { openCheckpoint, parseVkey } from '../check/note.js';
import { checkContinuation } from '../check/proof.js';

const KEY = 'ledger.trust';

/** `{vkey, logid, since, source, checkpoint?}`, or null. */
export function remembered() {
  try {
    const value = JSON.parse(localStorage.getItem(KEY));
    return typeof value?.vkey === 'string' && typeof value.logid === 'string' ? value : null;
  } catch {
    return null;
  }
}

function remember(value) {
  try {
    localStorage.setItem(KEY, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

/** Compares what the server says it is with what is remembered; on first sight remembers it. */
export function compare(status) {
  const known = remembered();
  if (!known) {
    const first = { vkey: status.vkey, logid: status.logid, since: new Date().toISOString(), source: 'first sight' };
    return { trust: first, verdict: 'first', kept: remember(first) };
  }
  const same = known.vkey === status.vkey && known.logid === status.logid;
  return { trust: known, verdict: same ? 'same' : 'changed', kept: true };
}

/** Trusts this verifier key from now on: pasted from elsewhere, or the server's new one by the visitor's word. */
export async function trust(vkey, logid, source) {
  await parseVkey(vkey);
  const known = remembered();
  const keep = known && known.vkey === vkey && known.logid === logid ? { checkpoint: known.checkpoint } : {};
  remember({ vkey, logid, since: new Date().toISOString(), source, ...keep });
}

/** The server's proof; that it has none is a verdict, that it does not answer is not. */
async function consistency(from, to, signal) {
  try {
    return await (await send(`/v1/proofs/consistency?from=${from}&to=${to}`, { signal })).text();
  } catch (problem) {
    demand(!(problem.status >= 400 && problem.status < 500 && problem.status !== 401 && problem.status !== 429),
      `the server has no proof that the log of ${to} entries continues the one of ${from}: ${problem.message}`);
    throw problem;
  }
}

/**
 * Checks that the log under `note` continues the one that was remembered, and remembers it. Gives what was compared.
 *
 * Another tab may have gone on meanwhile: then the newer of the two is kept.
 */
export async function follow(note, vkey, signal) {
  const newer = await openCheckpoint(note, vkey);
  const known = remembered();
  demand(known && known.vkey === vkey, 'the verifier key is not the one that is remembered');
  if (!known.checkpoint) {
    remember({ ...known, checkpoint: note });
    return { newer, older: null, proof: null };
  }
  const older = await openCheckpoint(known.checkpoint, vkey);
  if (newer.size < older.size) {
    // Another tab may have seen more meanwhile; then so has the server, by now.
    const present = await openCheckpoint(await (await send('/v1/checkpoint', { signal })).text(), vkey);
    demand(present.size >= older.size, `the log was cut back: this browser saw ${older.size} entries of it, and now there are ${present.size}`);
  }
  // Whichever came first: the smaller one must be the beginning of the larger one.
  const [first, second] = older.size <= newer.size ? [older, newer] : [newer, older];
  let proof = '';
  if (first.size !== second.size) {
    proof = await consistency(first.size, second.size, signal);
  }
  await checkContinuation(proof, first, second);
  if (newer.size > older.size) remember({ ...known, checkpoint: note });
  return { newer, older, proof };
}
