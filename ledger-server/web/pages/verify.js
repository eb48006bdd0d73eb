// Verifying everything: every byte read anew, every hash, signature and rule; with progress, and all findings.

import { get, query, send, seg } from '../core/api.js';
import { h, render } from '../core/dom.js';
import { count, plural } from '../core/format.js';
import { command, entryLink, failure, hash, head, notice, pairs, section, table } from '../parts/parts.js';
import { state } from '../parts/state.js';

/** Pause between two questions how far it is, ms. */
const PAUSE = 250;
/** Findings that are shown. */
const MOST = 500;

export async function page({ main, query: given, signal, title }) {
  title('Verify');
  const view = { job: undefined, problem: undefined, status: undefined, earlier: [], remembered: '' };
  const draw = () => signal.aborted || render(main, content(view, { start, cancel }));

  const watch = async (id) => {
    for (;;) {
      view.job = await get(`/v1/verifications/${seg(id)}`, { signal });
      draw();
      if (view.job.state !== 'running') return;
      if (view.cancelled === id) return;
      await new Promise((done) => setTimeout(done, PAUSE));
      if (signal.aborted) return;
    }
  };
  const guarded = async (work) => {
    view.problem = undefined;
    try {
      await work();
    } catch (problem) {
      if (signal.aborted) return;
      view.problem = problem;
    }
    draw();
  };
  const start = () => guarded(async () => {
    const checkpoint = view.remembered.trim() === '' ? undefined : `${view.remembered.trim()}\n`;
    const response = await send('/v1/verifications', { method: 'POST', body: { checkpoint }, signal });
    view.job = await response.json();
    history.replaceState(history.state, '', query('/verify', { job: view.job.id }));
    draw();
    await watch(view.job.id);
  });

  const cancel = () => guarded(async () => {
    const { id } = view.job;
    view.cancelled = id;
    await send(`/v1/verifications/${seg(id)}`, { method: 'DELETE', signal });
    view.job = undefined;
    history.replaceState(history.state, '', '/verify');
  });

  const [status, { verifications = [] }] = await Promise.all([get('/v1/status', { signal }), get('/v1/verifications', { signal })]);
  Object.assign(view, { status, earlier: verifications });
  draw();
  if (given.get('job')) await guarded(() => watch(given.get('job')));
}

function content(view, { start, cancel }) {
  const { job, status, problem } = view;
  const running = job?.state === 'running';
  return [
    head('Verify', {
      lead: 'Reads the journal from its first byte: leaves, chain, tree, commitments, signatures, and every rule by replay. Nothing is repaired, nothing is passed over.',
      actions: [h('button', { class: 'primary', type: 'button', id: 'start', disabled: running, onclick: start }, running ? 'Verifying…' : job ? 'Verify again' : 'Verify now')],
    }),
    h('details', { 'data-key': 'remembered' },
      h('summary', {}, 'With a checkpoint that you remember'),
      h('label', { class: 'remembered', for: 'remembered' }, h('span', { class: 'soft' }, 'A checkpoint that you kept earlier, as the ledger gave it. If history was rewritten since, the log no longer agrees with it.'),
        h('textarea', { id: 'remembered', class: 'mono', rows: 6, spellcheck: 'false', value: view.remembered, oninput: (e) => (view.remembered = e.currentTarget.value) }))),
    problem && failure(problem),
    job && result(job, cancel),
    earlier(view),
    section('What is verified', { key: 'what' }, pairs([
      ['Log', h('code', {}, status.origin)],
      ['Log id', hash(status.logid, { length: 16, label: 'the log id' })],
      ['Verifier key', hash(status.vkey, { whole: true, label: 'the verifier key' })],
    ])),
    section('Without trusting this server', { key: 'offline' },
      h('p', { class: 'soft' }, 'A server can show any result. On a machine of your own, with the verifier key from a source that you trust, the same is one command:'),
      command(`ledger log --json > exported.jsonl && ledger verify exported.jsonl --vkey '${status.vkey}'`)),
  ];
}

function earlier({ earlier: all, job }) {
  const rows = all.filter((j) => j.id !== job?.id);
  if (rows.length === 0) return null;
  return section('Others', { key: 'others', note: 'that the server remembers' }, table('Other verifications', [
    { name: 'Verification', first: true, cell: (j) => h('a', { href: query('/verify', { job: j.id }) }, h('code', {}, j.id)) },
    { name: 'State', cell: (j) => state(j.state.toUpperCase()) },
    { name: 'Entries', number: true, cell: (j) => `${count(j.progress.entries)} of ${count(j.progress.size)}` },
  ], rows, (j) => j.id));
}

function result(job, cancel) {
  const { entries, size } = job.progress;
  const share = size > 0 ? entries / size : 0;
  if (job.state === 'running') {
    return section('Progress', { key: 'result' },
      h('progress', { class: 'large', max: 1, value: share, 'aria-label': 'Progress of the verification' }),
      h('p', { role: 'status' }, `${count(entries)} of ${plural(size, 'entry', 'entries')}`),
      h('p', {}, h('button', { type: 'button', onclick: cancel }, 'Stop it')));
  }
  if (!job.report) return section('Result', { key: 'result' }, job.error ? failure(job.error) : h('p', {}, state(job.state.toUpperCase())));
  const { report } = job;
  const findings = report.findings;
  return section('Result', { key: 'result' },
    h('div', { role: 'status' }, report.ok
      ? notice('good', `Verified: ${plural(report.size, 'entry', 'entries')}, nothing wrong`)
      : notice('bad', `${plural(findings.length + (report.findings_omitted ?? 0), 'finding')} in ${plural(report.size, 'entry', 'entries')}`, h('p', {}, 'The history is not what it says it is. Keep the files as they are, and compare with a copy or a remembered checkpoint.'))),
    pairs([
      ['Root', hash(report.root, { whole: true, label: 'the root' })],
      ['Head', hash(report.head, { whole: true, label: 'the head of the chain' })],
      ['Signed', report.signed_entries !== undefined && plural(report.signed_entries, 'entry', 'entries')],
      ['Checkpoints', report.checkpoints !== undefined && count(report.checkpoints)],
      ['PACs', report.pacs && `${count(report.pacs.complete)} complete, ${count(report.pacs.open.length + (report.pacs.open_omitted ?? 0))} open, ${count(report.pacs.abandoned)} abandoned`],
    ]),
    findings.length > 0 && table('Findings', [
      { name: 'Code', first: true, cell: (f) => h('code', { class: 'nowrap' }, f.code) },
      { name: 'Entry', number: true, cell: (f) => (f.sequence === undefined ? null : entryLink(f.sequence)) },
      { name: 'Stream', cell: (f) => f.stream && h('code', {}, f.stream) },
      { name: 'What was found', wide: true, cell: (f) => f.message },
    ], findings.slice(0, MOST)),
    findings.length > MOST && h('p', { class: 'soft' }, `The first ${count(MOST)} of ${count(findings.length)}; all of them: `, h('code', {}, 'ledger verify --json')));
}
