// Asks the API of docs/api.md, at the page's own origin; the session's cookie goes along by itself.
//
// Invariant: every refusal becomes a `Problem` with the code and the remedy that the ledger gave; nothing is shown as an answer that was none.

/** A refusal, or no answer at all. */
class Problem extends Error {
  constructor({ code, name, message, remedy, sequence }, status) {
    super(message);
    Object.assign(this, { code, title: name, remedy, sequence, status });
  }
}

/** Told when the session is over: the next page is the one that says how to get in. */
export const outside = new EventTarget();

async function refusal(response) {
  let body;
  try {
    body = await response.json();
  } catch {
    body = undefined;
  }
  const told = body?.error ?? {
    code: `HTTP ${response.status}`,
    name: response.statusText || 'REFUSED',
    message: body?.detail ?? 'the server refused, and did not say why',
    remedy: 'see what the server writes in its terminal',
  };
  return new Problem(told, response.status);
}

export function offline() {
  const remedy = 'See whether `ledger serve` runs; this page goes on by itself once it answers.';
  return new Problem({ code: 'OFFLINE', name: 'NO_ANSWER', message: 'the server does not answer', remedy }, 0);
}

/** One request; gives the response, or throws a `Problem`. An abort by `signal` is thrown as it is. */
export async function send(path, { method = 'GET', body, headers = {}, signal } = {}) {
  const init = { method, signal, headers: { accept: 'application/json', ...headers }, credentials: 'same-origin' };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers['content-type'] = 'application/json';
  }
  let response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw offline();
  }
  if (response.ok) return response;
  const problem = await refusal(response);
  if (response.status === 401) outside.dispatchEvent(new Event('out'));
  throw problem;
}

/** A JSON answer. */
export async function get(path, options) {
  return (await send(path, options)).json();
}

/** The same path with these parameters; those without a value are left out. */
export function query(path, params) {
  const given = Object.entries(params).filter(([, v]) => v !== undefined && v !== null && v !== '');
  return given.length ? `${path}?${new URLSearchParams(given)}` : path;
}

/** Most pages of a list that are asked for. */
const PAGES = 32;

/** The last `most` rows of a list that comes in pages, the newest first; `name` is the member that holds them. */
export async function newest(path, params, name, { signal, most = 4_000 } = {}) {
  let rows = [];
  let from;
  for (let page = 0; page < PAGES; page += 1) {
    const answer = await get(query(path, { ...params, from, limit: 1_000 }), { signal });
    rows = [...rows, ...answer[name]].slice(-most);
    from = answer.next;
    if (from === undefined) break;
  }
  return rows.reverse();
}

/** Appends one intent, once, however often it is sent: the key names this attempt. Gives the receipt. */
export async function append(intent) {
  const headers = { 'idempotency-key': crypto.randomUUID() };
  return (await send('/v1/append', { method: 'POST', body: intent, headers })).json();
}

/** A segment of a path. */
export const seg = encodeURIComponent;
