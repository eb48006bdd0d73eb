// The O-PDOs of a PAC, the present one with its tree, and the proof of one child.

import { get, seg } from '../../core/api.js';
import { h } from '../../core/dom.js';
import { plural } from '../../core/format.js';
import { actor, choices, command, empty, failure, hash, notice, pairs, section, when } from '../../parts/parts.js';
import { DRAWN, treeOf, treePicture, wayUp } from '../../parts/proof.js';
import { state } from '../../parts/state.js';

/** Keeps what was asked for, and asks again only for what may have changed. */
export function composites({ signal, redraw }) {
  let which, child, problem;
  const known = new Map(); // by O-PDO and its state: {document, tree, proofs}

  const load = async (opdo) => {
    const key = `${opdo.opdo_id} ${opdo.state}`;
    if (known.has(key)) return;
    known.set(key, {});
    try {
      const document = await get(`/v1/opdos/${seg(opdo.opdo_id)}`, { signal });
      const proof = document.composite_proof;
      const tree = proof && document.child_pdos.length <= DRAWN ? await treeOf(proof.profile ?? 'p69', proof.leaf_hashes) : undefined;
      known.set(key, { document, tree, names: [], ways: new Map() });
      if (tree) await Promise.all(document.child_pdos.map((c) => prove(key, opdo, c)));
      problem = undefined;
    } catch (error) {
      if (signal.aborted) return;
      known.delete(key);
      problem = error;
    }
    redraw();
  };

  const prove = async (key, opdo, { pdo_id: id, agent_name: name }) => {
    const held = known.get(key);
    const proof = await get(`/v1/opdos/${seg(opdo.opdo_id)}/proofs/${seg(id)}`, { signal });
    const leaf = held.document.composite_proof.leaf_hashes[proof.index];
    held.names[proof.index] = name;
    held.ways.set(id, { proof, leaf, ...(await wayUp(proof, leaf)) });
  };

  const choose = async (opdo, id) => {
    child = child === id ? undefined : id;
    const key = `${opdo.opdo_id} ${opdo.state}`;
    const held = known.get(key);
    if (child && held?.document && !held.ways.has(id)) {
      try {
        await prove(key, opdo, held.document.child_pdos.find((c) => c.pdo_id === id));
      } catch (error) {
        problem = error;
      }
    }
    redraw();
  };

  return (pac) => {
    const all = pac.opdos;
    if (all.length === 0 && pac.closure) return section('Composite', { key: 'opdo' }, h('p', { class: 'soft' }, 'None was composed.'));
    if (all.length === 0) return section('Composite', { key: 'opdo' }, empty('No O-PDO yet', 'When every node is done, the orchestrator composes the PDOs of all agents into one, and seals it with a merkle proof.', `ledger pac compose ${pac.pac_id}`));
    const opdo = all.find((o) => o.opdo_id === which) ?? all.at(-1);
    load(opdo);
    const held = known.get(`${opdo.opdo_id} ${opdo.state}`);
    return section('Composite', {
      key: 'opdo', note: `O-PDO of ${plural(opdo.children.length, 'PDO')}`,
      actions: all.length > 1 && choices('Which O-PDO', all.map((o, n) => [o.opdo_id, `${n + 1}: ${o.state.toLowerCase()}`]), opdo.opdo_id, (id) => {
        which = id;
        child = undefined;
        redraw();
      }),
    },
    h('p', {}, state(opdo.state), ' ', h('code', {}, opdo.opdo_id)),
    pairs([
      ['Profile', opdo.profile],
      ['Root', hash(opdo.merkle_root, { length: 16, label: 'the root' })],
      ['Sealed', opdo.sealed && when(opdo.sealed.time)],
      ['Review', opdo.human_review_ber_id && h('code', {}, opdo.human_review_ber_id)],
      ['Final hash', hash(opdo.final_hash, { length: 16, label: 'the final hash' })],
    ]),
    problem && failure(problem),
    held?.tree && treePicture(held.tree, { index: held.ways.get(child)?.proof.index, names: held.names }),
    held?.document && children(held, child, (id) => choose(opdo, id)),
    child && held?.ways?.has(child) && proofOf(pac, held.ways.get(child), held.tree));
  };
}

function children({ document, ways }, child, choose) {
  const sealed = document.composite_proof !== undefined;
  return h('ul', { class: 'children', 'aria-label': 'Children' }, document.child_pdos.map((c) => h('li', { 'data-key': c.pdo_id },
    h('button', { type: 'button', 'aria-pressed': String(c.pdo_id === child), disabled: !sealed, onclick: () => choose(c.pdo_id) },
      h('strong', {}, c.agent_name), h('code', {}, c.pdo_id), ways.get(c.pdo_id)?.leads === true && h('span', { class: 'faint small' }, 'proven')))));
}

function proofOf(pac, { proof, leaf, steps, leads }, tree) {
  const agrees = leads && (tree === undefined || tree.hash === proof.merkle_root);
  return h('div', { class: 'card proof', 'data-key': 'proof' },
    h('h3', {}, `Proof of ${proof.child.agent_name}`),
    pairs([['PDO', h('code', {}, proof.child.pdo_id)], ['By', actor(proof.child.agent_gid, proof.child.agent_name)], ['Artifact', hash(proof.child.pdo_hash, { label: 'the hash of the artifact' })], ['Leaf', [hash(leaf, { length: 16, label: 'the leaf' }), ` leaf ${proof.index + 1} of ${proof.leaf_count}, sorted`]]]),
    h('ol', { class: 'way' }, steps.map((s, n) => h('li', {}, h('span', { class: 'faint small' }, `level ${n + 1}, sibling on the ${s.side}`), hash(s.sibling, { length: 16, label: 'the sibling' }), h('span', { class: 'faint small' }, 'together'), hash(s.hash, { length: 16, label: 'the node' })))),
    pairs([['Root', hash(proof.merkle_root, { length: 16, label: 'the root' })]]),
    agrees ? notice('good', 'The way leads to the root', h('p', { class: 'soft' }, 'Computed in this browser, from the leaf and the siblings of the proof. To check it without this server:'),
      command(`ledger prove opdo ${pac.pac_id} > opdo.json && ledger opdo prove opdo.json --child ${proof.child.pdo_id} | ledger opdo check -`))
      : notice('bad', 'The way does not lead to the root', h('p', {}, 'Do not rely on this composite. Verify the ledger:'), command('ledger verify')));
}
