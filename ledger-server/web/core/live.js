// The log as it grows, for all parts of the page, over one connection: `GET /v1/subscribe`, read by hand because its events have names.
//
// Not a copy of the log: nobody is kept waiting and nothing is kept. Invariant: listeners get each entry once and in order, or are told `gap`,
// upon which they ask anew. A tab that nobody looks at holds no connection.

import { get, query } from './api.js';

/** Time that a hidden tab keeps its connection, ms. */
const HIDDEN = 20_000;
/** Silence after which a connection is given up, ms: the server says something every 15 s. */
const SILENCE = 45_000;
/** First and longest pause before connecting again, ms. */
const PAUSE = [500, 15_000];
/** Entries behind the head from which on it is cheaper to ask anew than to catch up. */
const FAR = 2_000;

const listeners = new Set();
let last = -1; // the last sequence that listeners know of
let running; // the AbortController of the present connection
let state = 'off';

/** Calls `listener({entries?, gap?, state?})` until `signal` aborts. */
export function onLive(listener, signal) {
  listeners.add(listener);
  signal?.addEventListener('abort', () => listeners.delete(listener));
}

export const liveState = () => state;

function tell(news) {
  for (const listener of [...listeners]) listener(news);
}

function become(next) {
  if (state !== next) tell({ state: (state = next) });
}

/** Follows the log from here on: `size` is what is on the page already. */
export function follow(size) {
  last = size - 1;
  resume();
}

export function stop() {
  running?.abort();
  running = undefined;
  last = -1;
  become('off');
}

function resume() {
  if (running) return;
  running = new AbortController();
  loop(running.signal);
}

async function loop(signal) {
  let pause = PAUSE[0];
  while (!signal.aborted) {
    try {
      const { size } = await get('/v1/status', { signal });
      if (size - 1 - last > FAR || size <= last) {
        last = size - 1;
        tell({ gap: true });
      }
      await read(signal, () => {
        pause = PAUSE[0];
        become('live');
      });
    } catch (error) {
      if (signal.aborted || error.status === 401) break;
    }
    if (signal.aborted) break;
    become('lost');
    await new Promise((done) => setTimeout(done, pause));
    pause = Math.min(pause * 2, PAUSE[1]);
  }
}

async function read(signal, opened) {
  const headers = { accept: 'text/event-stream' };
  if (last >= 0) headers['last-event-id'] = String(last);
  const response = await fetch(query('/v1/subscribe', { from: last >= 0 ? undefined : 0 }), { headers, signal, credentials: 'same-origin' });
  if (!response.ok) throw Object.assign(new Error('refused'), { status: response.status });
  opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const silent = setTimeout(() => reader.cancel(), SILENCE);
    const { value, done } = await reader.read().finally(() => clearTimeout(silent));
    if (done) return;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop();
    const entries = blocks.map(dataOf).filter((text) => text !== undefined).map(JSON.parse);
    if (entries.length === 0) continue;
    last = Number(entries.at(-1).sequence);
    tell({ entries });
  }
}

function dataOf(block) {
  for (const line of block.split('\n')) if (line.startsWith('data: ')) return line.slice(6);
  return undefined;
}

let leaving;
document.addEventListener('visibilitychange', () => {
  clearTimeout(leaving);
  if (document.hidden) {
    leaving = setTimeout(() => {
      if (!running) return;
      running.abort();
      running = undefined;
      become('paused');
    }, HIDDEN);
  } else if (state === 'paused') {
    resume();
  }
});

/** Calls `work` soon after the last call, and at least every second while calls keep coming; never twice at the same time. */
export function gently(work, signal, wait = 150, most = 1_000) {
  let timer, first, busy, again;
  const run = async () => {
    first = undefined;
    busy = true;
    try {
      await work();
    } finally {
      busy = false;
      if (again && !signal?.aborted) {
        again = false;
        ask();
      }
    }
  };
  const ask = () => {
    if (signal?.aborted) return;
    if (busy) {
      again = true;
      return;
    }
    const now = performance.now();
    first ??= now;
    clearTimeout(timer);
    timer = setTimeout(run, Math.max(0, Math.min(wait, first + most - now)));
  };
  signal?.addEventListener('abort', () => clearTimeout(timer));
  return ask;
}
