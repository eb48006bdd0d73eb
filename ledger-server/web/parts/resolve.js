// Resolving what blocks a gateway, with a reason: by a click where the session may, else by the command that somebody else types.
//
// Not a rule: the ledger decides. But an attempt that it must refuse is recorded as a violation of its own, so what is certain to fail is not offered.

import { append, get } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { plural } from '../core/format.js';
import { mayAppend, session } from '../core/session.js';
import { command, dialog, entryLink, failure, notice, say } from './parts.js';

/** Why this session cannot resolve these, or nothing. */
function hindrance(violations, state) {
  const me = session();
  if (!mayAppend()) return `This session is ${me?.gid ?? 'nobody'} as ${me?.role ?? 'nothing'}, which may read and not write.`;
  if (state.policy?.require?.resolve_gateway === 'signed') return 'The policy wants this step signed, and the key for it is not in this browser.';
  const own = violations.some((v) => v.actor === state.orchestrator);
  const kind = state.actors.find((a) => a.gid === me.gid)?.kind;
  if (own && kind !== 'human') return `The orchestrator, ${state.orchestrator}, caused it: a human resolves it, and this session is ${me.gid}.`;
  if (!own && me.gid !== state.orchestrator) return `The orchestrator, ${state.orchestrator}, resolves it, and this session is ${me.gid}.`;
  return undefined;
}

/** Opens the dialog. `violations` are all that block this PAC's gateway: `[{sequence, code, actor, message}]`. */
export async function resolveDialog(pacId, violations, done) {
  let state;
  try {
    state = await get('/v1/state');
  } catch (problem) {
    dialog('Resolve', () => failure(problem));
    return;
  }
  const why = hindrance(violations, state);
  const quote = (text) => text.replaceAll(/(["\\$`])/g, '\\$1');
  const typed = (reason) => `ledger pac resolve ${pacId} --reason "${quote(reason || 'how it was dealt with')}"`;
  dialog(`Resolve ${plural(violations.length, 'violation')} of ${pacId}`, (close) => {
    const answer = h('div', {});
    const terminal = h('div', {}, command(typed('')));
    const reason = h('textarea', { id: 'reason', name: 'reason', autofocus: true, required: true, maxlength: 1_000, placeholder: 'how it was dealt with', oninput: (e) => render(terminal, command(typed(e.currentTarget.value.trim()))) });
    const send = h('button', { class: 'primary', type: 'submit' }, 'Resolve');
    const submit = async (event) => {
      event.preventDefault();
      const text = reason.value.trim();
      if (text === '') {
        reason.focus();
        return;
      }
      send.disabled = true;
      try {
        const receipt = await append({ kind: 'resolve_gateway', actor: session().gid, data: { pac_id: pacId, violations: violations.map((v) => v.sequence), reason: text } });
        close();
        say(`Resolved in entry ${receipt.sequence}`);
        done?.(receipt);
      } catch (problem) {
        render(answer, failure(problem));
        send.disabled = false;
      }
    };
    return h('form', { class: 'form', method: 'dialog', onsubmit: submit },
      h('ul', { class: 'plain' }, violations.map((v) => h('li', {}, entryLink(v.sequence), ' ', h('code', {}, v.code), ` of ${v.actor}: ${v.message}`))),
      h('p', { class: 'soft' }, 'A resolution names all that are open, and the gateway is again as it was before them. It stays in the log for ever, with its reason.'),
      h('label', { for: 'reason' }, 'Reason', reason),
      why && notice('waiting', 'Not from here', h('p', {}, why)),
      h('p', { class: 'soft small' }, why ? 'Whoever may resolve it types:' : 'Or in a terminal:'), terminal,
      answer,
      h('div', { class: 'row' }, h('button', { type: 'button', onclick: close }, 'Cancel'), !why && send));
  });
}
