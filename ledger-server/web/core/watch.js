// A page that stays true: what it shows is asked for once, and again whenever the log has grown by something that concerns it.

import { failure, loading, unshown } from '../parts/parts.js';
import { render } from './dom.js';
import { gently, onLive } from './live.js';

/**
 * Loads, draws, and does both again upon news. `load(signal)` gives what `draw(data)` shows; `draw` gives nodes.
 * `concerns(entry)` says whether an entry makes what is shown old [any does]. Gives a function that refreshes by hand.
 */
export async function watch({ main, signal, load, draw, concerns = () => true }) {
  let data;
  let asked = 0;
  const refresh = async () => {
    const asking = (asked += 1);
    try {
      const answer = await load(signal);
      // What was asked later counts, whichever is answered first.
      if (signal.aborted || asking !== asked) return;
      data = answer;
      render(main, draw(data));
    } catch (problem) {
      if (signal.aborted || asking !== asked || problem.name === 'AbortError' || problem.status === 401) return;
      if (problem.status === undefined) console.error(problem);
      // What was there stays readable; the refusal stands above it.
      render(main, data === undefined ? unshown(problem, refresh) : [failure(problem, refresh), draw(data)]);
    }
  };
  render(main, loading());
  const ask = gently(refresh, signal);
  onLive(({ entries, gap }) => {
    if (gap || entries?.some(concerns)) ask();
  }, signal);
  await refresh();
  return { refresh, redraw: () => data !== undefined && !signal.aborted && render(main, draw(data)) };
}
