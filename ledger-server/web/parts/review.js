// The two forms of a review: the answer, with its clock, and the verdict.
//
// They keep what is typed while the page around them is brought up to date. Invariant: the clock is the server's as far as it tells it, and never ahead.

import { h } from '../core/dom.js';
import { duration } from '../core/format.js';

/** A part of the page that looks after itself until its name changes; the handlers in it stay its own. */
function island(name, node) {
  const around = h('div', { 'data-key': name }, node);
  around.island = name;
  return around;
}

/** The question, or questions, with the time that is left. `give(answers)` sends them. */
export function answerForm({ id, questions, began, least, most, left, signal, give }) {
  let busy = false;
  const clock = h('span', {});
  const bar = h('progress', { max: most, value: 0, 'aria-label': 'Time used' });
  const send = h('button', { class: 'primary', type: 'submit' }, 'Answer');
  const form = h('form', { class: 'act', autocomplete: 'off', onsubmit: answer },
    h('fieldset', {}, h('legend', {}, questions.length === 1 ? 'The question' : 'The questions'),
      questions.map((question, n) => h('label', { class: 'question' }, h('span', {}, question.text), h('input', { type: 'text', name: `answer-${n}`, required: true, spellcheck: 'false', maxlength: 4096 }), h('span', { class: 'form' }, question.form)))),
    h('div', { class: 'clock' }, clock, bar),
    h('p', { class: 'soft' }, `One answer, signed with your key. ${left === 1 ? 'This is your last attempt: if it fails, you are locked out.' : `${left} attempts left.`}`),
    h('div', { class: 'row' }, send));
  tick();
  // A form that did not come onto the page, or left it, has no clock.
  const timer = setInterval(() => (form.isConnected && !signal.aborted ? tick() : clearInterval(timer)), 250);
  return island(`answer-${id}`, form);

  function tick() {
    const used = performance.now() - began;
    bar.value = Math.min(used, most);
    const early = used < least;
    send.disabled = busy || early || used > most;
    if (busy) clock.textContent = 'Signing…';
    else if (early) clock.textContent = `An answer counts in ${duration(Math.max(0, Math.ceil((least - used) / 100) * 100))}`;
    else if (used > most) clock.textContent = 'The time is over; draw another question';
    else clock.textContent = `${duration(Math.floor((most - used) / 1000) * 1000)} left`;
  }

  async function answer(event) {
    event.preventDefault();
    if (send.disabled) return;
    busy = true;
    tick();
    await give(questions.map((_, n) => form.elements[`answer-${n}`].value));
    busy = false;
    tick();
  }
}

/** The verdict, its remarks, and what is to be done again. `give({verdict, remarks?, reopen?})` sends it. */
export function verdictForm({ id, children, latency, give }) {
  const wrong = h('p', { class: 'wrong', role: 'alert' });
  const radio = (value, text) => h('label', { class: 'choice' }, h('input', { type: 'radio', name: 'verdict', value, required: true, onchange: adapt }), h('span', {}, text));
  const reopen = h('fieldset', { hidden: true }, h('legend', {}, 'To be done again, with what depends on it'),
    children.map((child) => h('label', { class: 'choice' }, h('input', { type: 'checkbox', name: 'reopen', value: child.sub_pac_id }), h('span', {}, h('code', {}, child.sub_pac_id), ` by ${child.agent_gid}`))));
  const remarks = h('textarea', { name: 'remarks', rows: 3, maxlength: 10_000 });
  const send = h('button', { class: 'primary', type: 'submit' }, 'Sign the verdict');
  const label = h('span', {}, 'Remarks');
  const field = h('label', { hidden: true }, label, remarks);
  const form = h('form', { class: 'act', onsubmit: decide },
    h('p', {}, `Answered rightly, ${duration(latency)} after the question. Give the verdict within an hour; it is signed with your key and final for you.`),
    h('fieldset', {}, h('legend', {}, 'The verdict'), radio('APPROVE', 'Approve: it may become final'), radio('APPROVE_WITH_REMARKS', 'Approve with remarks: it may, and something is to be remembered'), radio('REJECT', 'Reject: it may not, because of this')),
    field, reopen, wrong,
    h('div', { class: 'row' }, send));
  return island(`verdict-${id}`, form);

  function adapt() {
    const chosen = form.elements.verdict.value;
    field.hidden = chosen === 'APPROVE';
    label.textContent = chosen === 'REJECT' ? 'The reason' : 'Remarks';
    reopen.hidden = chosen !== 'REJECT';
  }

  async function decide(event) {
    event.preventDefault();
    const verdict = form.elements.verdict.value;
    const text = remarks.value.trim();
    wrong.textContent = '';
    if (verdict !== 'APPROVE' && text === '') {
      wrong.textContent = verdict === 'REJECT' ? 'Say why, so that the next attempt can do better.' : 'Say what is to be remembered, or approve without remarks.';
      remarks.focus();
      return;
    }
    const again = verdict === 'REJECT' ? [...form.querySelectorAll('[name="reopen"]:checked')].map((box) => box.value) : [];
    send.disabled = true;
    await give({ verdict, ...(verdict !== 'APPROVE' && { remarks: text }), ...(again.length > 0 && { reopen: again }) });
    send.disabled = false;
  }
}
