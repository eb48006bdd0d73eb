// Who is asking: the one-time code of the address becomes a cookie, and the session says which actor and role that is.
//
// Invariant: the code leaves the address and the history before anything else happens, and is kept nowhere.

import { get, send } from './api.js';

/** Takes the code out of the address, if there is one, and exchanges it. */
export async function enter() {
  const hash = location.hash;
  if (!hash.startsWith('#code=')) return;
  history.replaceState(history.state, '', location.pathname + location.search);
  await send('/v1/session', { method: 'POST', body: { code: decodeURIComponent(hash.slice('#code='.length)) } });
}

let current;

/** `{gid, role, expires_at}`; nothing before somebody is let in, and after the session is over. */
export const session = () => current;

export function forget() {
  current = undefined;
}

export async function whoAmI() {
  current = await get('/v1/session');
  return current;
}

export async function leave() {
  await send('/v1/session', { method: 'DELETE' });
  forget();
}

const APPENDING = ['appender', 'orchestrator', 'admin'];

/** Whether appending as the session's actor is worth trying; the ledger decides in the end. */
export const mayAppend = () => current?.gid !== undefined && APPENDING.includes(current.role);
