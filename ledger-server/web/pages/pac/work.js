// The work of a PAC: its graph with one node chosen, and the reports and tokens of all.

import { h } from '../../core/dom.js';
import { plainWord, plural } from '../../core/format.js';
import { graphPicture } from '../../parts/graph.js';
import { actor, empty, entryLink, hash, pairs, section, table, when } from '../../parts/parts.js';
import { state } from '../../parts/state.js';

export function graph(pac, { chosen, choose, room }) {
  if (!pac.graph && pac.closure) return section('Graph', { key: 'graph' }, h('p', { class: 'soft' }, 'None was declared.'));
  if (!pac.graph) {
    return section('Graph', { key: 'graph' }, empty('No graph yet', 'The orchestrator declares which agent does what after whom; until the first Sub-PAC is issued it may be declared anew.',
      `ledger pac graph new --pattern diamond --agent GID-01,GID-02,GID-04,GID-05 | ledger pac graph ${pac.pac_id} --file -`));
  }
  const { nodes } = pac.graph;
  // What somebody waits for is looked at first.
  const due = (n) => n.type === 'AGENT_NODE' && !['COMPLETE', 'WAIVED'].includes(n.state);
  const node = nodes.find((n) => n.node_id === chosen) ?? nodes.find(due) ?? nodes.find((n) => n.type === 'AGENT_NODE') ?? nodes[0];
  return section('Graph', { key: 'graph', note: pac.graph.graph_id },
    graphPicture(pac.graph, { chosen: node?.node_id, choose, room }),
    node && detail(node));
}

function detail(node) {
  const { token, ber, pdo } = node;
  return h('div', { class: 'card', 'data-key': 'detail', 'aria-live': 'polite' },
    h('header', { class: 'detail-head' }, h('h3', {}, node.node_id), state(node.state), node.optional && h('span', { class: 'faint' }, 'optional'), h('span', { class: 'faint' }, plainWord(node.type)), node.type !== 'AGENT_NODE' && node.waits_for?.length > 0 && h('span', {}, `waits for ${node.waits_for.join(', ')}`)),
    node.type === 'AGENT_NODE' && h('div', { class: 'columns' },
      pairs([
        ['Agent', actor(node.agent_gid, node.agent_name)],
        ['Lane', node.lane],
        ['Sub-PAC', node.sub_pac_id && h('code', {}, node.sub_pac_id)],
        ['Attempt', node.attempt],
        ['Tasks', node.tasks?.length > 0 && h('ul', {}, node.tasks.map((t) => h('li', {}, t)))],
        ['May write', node.scope?.paths?.map((p) => h('code', { class: 'block' }, p))],
        ['Waits for', node.waits_for?.join(', ')],
        ['Failed', node.failure],
        ['Waived', node.waived],
      ]),
      pairs([
        ['Token', token && [state(tokenState(token)), ' ', hash(token.token_id, { label: 'the token id' }), ' ', entryLink(token.sequence)]],
        ['Good until', token && !token.spent && !token.revoked && when(token.expires_at)],
        ['BER', ber && [state(ber.verdict), ' ', ber.status === 'FAIL' && state('FAIL'), ' score ', ber.quality_score, ', ', entryLink(ber.sequence)]],
        ['Remarks', ber?.remarks],
        ['Made', ber?.outputs.length > 0 && h('ul', {}, ber.outputs.map((o) => h('li', {}, h('code', {}, o.path), ' ', hash(o.digest, { label: 'the digest' }))))],
        ['Read', ber?.inputs.length > 0 && h('ul', {}, ber.inputs.map((d) => h('li', {}, hash(d, { label: 'the digest' }))))],
        ['PDO', pdo && [hash(pdo.pdo_hash, { label: 'the hash of the PDO' }), ' ', entryLink(pdo.sequence)]],
        ['Attempts before', node.past_attempts?.length > 0 && h('ol', {}, node.past_attempts.map((p) => h('li', {}, `${p.attempt}: ${p.reason}`)))],
      ])));
}

const tokenState = (token) => (token.revoked ? 'REVOKED' : token.spent ? 'SPENT' : Date.parse(token.expires_at) < Date.now() ? 'EXPIRED' : 'GOOD');

export function reports(pac) {
  const rows = (pac.graph?.nodes ?? []).filter((n) => n.ber);
  if (rows.length === 0) return null;
  return section('Reports', { key: 'reports', note: plural(rows.length, 'BER') },
    table('Reports', [
      { name: 'Node', first: true, cell: (n) => n.node_id },
      { name: 'Agent', cell: (n) => actor(n.agent_gid, n.agent_name) },
      { name: 'Verdict', cell: (n) => state(n.ber.verdict) },
      { name: 'Says', cell: (n) => state(n.ber.status) },
      { name: 'Score', number: true, cell: (n) => n.ber.quality_score.toFixed(2) },
      { name: 'Tasks', number: true, cell: (n) => n.ber.tasks },
      { name: 'Outputs', wide: true, cell: (n) => n.ber.outputs.map((o) => h('div', {}, h('code', {}, o.path))) },
      { name: 'Judged', cell: (n) => n.ber.judged_by && ['by ', actor(n.ber.judged_by), ' in ', entryLink(n.ber.judged_in)] },
      { name: 'Filed', cell: (n) => [entryLink(n.ber.sequence), ' ', when(n.ber.time)] },
    ], rows, (n) => n.node_id));
}

export function tokens(pac) {
  const rows = (pac.graph?.nodes ?? []).filter((n) => n.token);
  if (rows.length === 0) return null;
  return section('Tokens', { key: 'tokens', note: 'by their ids: the tokens themselves are nowhere in the log' },
    table('Tokens', [
      { name: 'Node', first: true, cell: (n) => n.node_id },
      { name: 'Agent', cell: (n) => actor(n.agent_gid, n.agent_name) },
      { name: 'State', cell: (n) => state(tokenState(n.token)) },
      { name: 'Token id', cell: (n) => hash(n.token.token_id, { label: 'the token id' }) },
      { name: 'Session', cell: (n) => h('code', {}, n.token.session) },
      { name: 'Good until', cell: (n) => !n.token.spent && !n.token.revoked && when(n.token.expires_at) },
      { name: 'Given in', cell: (n) => entryLink(n.token.sequence) },
    ], rows, (n) => n.node_id));
}
