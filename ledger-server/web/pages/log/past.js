// Going back in time: which entry, and what the ledger was after it.

import { h } from '../../core/dom.js';
import { count, plainWord, plural } from '../../core/format.js';
import { pacTable } from '../../parts/pacs.js';
import { failure, pairs, section } from '../../parts/parts.js';

/** `at` is undefined for the newest; `travel(n)` goes to entry `n`. */
export function travelBar({ at: chosen, size }, travel) {
  const past = chosen !== undefined;
  const now = Math.max(0, size - 1);
  const at = chosen ?? now;
  return h('div', { class: `asof card${past ? ' past' : ''}`, 'data-key': 'asof' },
    h('div', { class: 'asof-controls' },
      h('label', { for: 'asof' }, 'As of'),
      h('button', { type: 'button', disabled: at === 0, onclick: () => travel(at - 1), 'aria-label': 'One entry back' }, '‹'),
      h('input', { id: 'asof', type: 'range', min: 0, max: now, step: 1, value: String(at), 'aria-valuetext': `entry ${at} of ${now}`, oninput: (e) => travel(Number(e.currentTarget.value)) }),
      h('button', { type: 'button', disabled: !past, onclick: () => travel(at + 1), 'aria-label': 'One entry forward' }, '›'),
      h('button', { type: 'button', disabled: !past, onclick: () => travel(now) }, 'Now')),
    h('p', { class: 'soft' }, past ? [h('strong', {}, `As it was after entry ${count(at)}.`), ` ${count(now - at)} came later.`] : `As it is now, after entry ${count(now)}.`));
}

/** What it was, once it was asked for: `{at, actors, orchestrator, policy, pacs}`, or the `problem` with it. */
export function pastState(state, at) {
  if (!state || state.at !== at) return h('p', { class: 'loading', 'data-key': 'state' }, 'Replaying…');
  if (state.problem) return failure(state.problem);
  const kinds = (kind) => state.actors.filter((a) => a.kind === kind && !a.retired).length;
  return section(`State as of entry ${count(state.at)}`, { key: 'state', note: 'rebuilt by replay' },
    pairs([
      ['Actors', `${plural(kinds('agent'), 'agent')}, ${plural(kinds('service'), 'service')}, ${plural(kinds('human'), 'human')}`],
      ['Orchestrator', state.orchestrator],
      ['Policy', `version ${state.policy.version}${Object.keys(state.policy.require ?? {}).length ? `: ${Object.entries(state.policy.require).map(([kind, auth]) => `${kind} ${plainWord(auth).toLowerCase()}`).join(', ')}` : ''}`],
    ]),
    state.pacs.length === 0 ? h('p', { class: 'soft' }, 'There was no PAC yet.') : pacTable('PACs as they were', state.pacs, { without: ['Requester', 'Issued'], at: state.at }));
}
