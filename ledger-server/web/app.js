// Begins: lets the visitor in, puts the frame up, and shows the page of the address.
//
// Not a page itself. Invariant: whatever a page throws is shown with its code and remedy; a 401 anywhere shows how to get in.

import { offline, outside } from './core/api.js';
import { h, render } from './core/dom.js';
import { listen } from './core/keys.js';
import { follow, stop } from './core/live.js';
import { again, loadAll, route, start } from './core/router.js';
import { enter, forget, whoAmI } from './core/session.js';
import { applyTheme } from './core/theme.js';
import * as frame from './parts/frame.js';
import { command, empty, failure, head, loading, unshown } from './parts/parts.js';

route('/', () => import('./pages/overview.js'), 'overview');
route('/pacs', () => import('./pages/pacs.js'), 'pacs');
route('/pacs/:id', () => import('./pages/pac.js'), 'pacs');
route('/entries/:n', () => import('./pages/entry.js'), 'log');
route('/reviews', () => import('./pages/reviews.js'), 'reviews');
route('/reviews/:pac', () => import('./pages/review.js'), 'reviews');
route('/agents', () => import('./pages/agents.js'), 'agents');
route('/agents/:gid', () => import('./pages/agent.js'), 'agents');
route('/trust', () => import('./pages/trust.js'), 'trust');
route('/trust/:root', () => import('./pages/tree.js'), 'trust');
route('/violations', () => import('./pages/violations.js'), 'violations');
route('/log', () => import('./pages/log.js'), 'log');
route('/verify', () => import('./pages/verify.js'), 'verify');
route('/enrol', () => import('./pages/enrol.js'), 'reviews');

applyTheme();
const main = frame.build();
listen(frame.help);
outside.addEventListener('out', () => {
  forget();
  stop();
  showDoor();
});
// An address with a code may be opened in a tab that is here already.
addEventListener('hashchange', () => location.hash.startsWith('#code=') && location.reload());
begin();

async function begin() {
  render(main, loading());
  let refused;
  try {
    await enter();
  } catch (problem) {
    refused = problem;
  }
  try {
    await whoAmI();
    const { size } = await frame.keepTrue();
    follow(size);
  } catch (problem) {
    if (problem.status === 401 || problem.status === 403) showDoor(refused ?? problem);
    else render(main, h('div', { class: 'page' }, failure(problem, begin)));
    return;
  }
  start(show);
  // Pages are there before somebody asks for them, also when the server is not.
  loadAll();
}

/** One page: `page({main, params, query, signal, title})`. */
async function show({ load, place, params, query, signal, moved }) {
  frame.at(place);
  const before = document.activeElement;
  const page = h('div', { class: 'page' }, loading());
  main.replaceChildren(page);
  if (moved) scrollTo(0, 0);
  if (!load) {
    title('Nothing here');
    render(page, head('There is no such page'), empty('The address leads nowhere', 'Go on from the overview, or search for an entry, a PAC or a GID above.'));
    return;
  }
  let named = false;
  const name = (text) => {
    named = true;
    title(text);
  };
  try {
    const module = await load().catch(unreachable);
    if (signal.aborted) return;
    await module.page({ main: page, params, query, signal, title: name });
  } catch (problem) {
    if (signal.aborted || problem.name === 'AbortError' || problem.status === 401) return;
    if (problem.status === undefined) console.error(problem);
    if (!named) title('No answer');
    render(page, unshown(problem, again));
  }
  // After a move the reader, and the screen reader, are at the new page's title; unless they have gone elsewhere meanwhile.
  const now = document.activeElement;
  if (moved && !signal.aborted && (now === before || now === document.body)) page.querySelector('h1')?.focus({ preventScroll: true });
}

/** A page's own file that does not come is a server that does not answer. */
function unreachable(error) {
  throw error instanceof SyntaxError ? error : offline();
}

function title(text) {
  document.title = `${text} · ledger`;
}

function showDoor(problem) {
  title('Come in');
  frame.at(undefined);
  // That there is no session yet is what the page says anyway.
  const told = problem && problem.code !== 'LG_610';
  render(main, h('div', { class: 'page' },
    head('Come in', { lead: 'These pages are for those who have a token of this ledger. Make yourself an address that lets this browser in, once:' }),
    told && failure(problem),
    command('ledger token new GID-H01 --role reader --url'),
    h('p', { class: 'soft' }, 'Type it on the machine that serves the ledger, with your own GID, and open the address that it prints. The code in it works once and for a short time; the browser then keeps a cookie, and the code leaves the address.'),
    h('p', {}, h('button', { class: 'primary', type: 'button', onclick: () => location.reload() }, 'Try again'))));
}
