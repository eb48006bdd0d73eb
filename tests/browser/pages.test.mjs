// What one does with the pages: each test is a visit to the full ledger, in order; later ones see what earlier ones appended.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tooWide } from './looks.mjs';
import { Place, browse, enter, open, settled, visitor } from './place.mjs';

const SEARCH = '/pacs/PAC-ATLAS-P1-SEARCH-02';
const HANDBOOK = '/pacs/PAC-DOCS-1-HANDBOOK-01';
const BILLING = 'PAC-CODY-P2-BILLING-03';
let place, browser;

before(async () => {
  place = await new Place('full').serve();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  await place?.end();
});

/** A visit, at the end of which nothing may have gone wrong; `meant` are errors that the test itself caused. */
async function visit({ path = '/', who, meant = [], ...how }, work) {
  const { context, page, wrong } = await visitor(browser, how);
  await enter(place, page, path, who);
  await work(page, context);
  assert.deepEqual(wrong.filter((w) => !meant.some((m) => w.includes(m))), []);
  await context.close();
}

/** What the program answers, also where it is a no, which ends it with another code. */
function answerOf(args) {
  try {
    return JSON.parse(place.ledger(...args));
  } catch (no) {
    return JSON.parse(no.stdout);
  }
}

/** Marks the document, so that a reload is noticed. */
const mark = (page) => page.evaluate(() => (window.same = true));
const isSame = (page) => page.evaluate(() => window.same === true);

test('the code leaves the address at once, and without a session the page says how to get in', async () => {
  const { context, page } = await visitor(browser);
  await page.goto(place.url);
  await page.getByRole('heading', { name: 'Come in' }).waitFor();
  assert.match(await page.locator('main').innerText(), /ledger token new GID-H01 --role reader --url/);
  await page.goto(place.invitation('GID-00', 'orchestrator').replace('/#', `${SEARCH}#`));
  // The code is good once: only what has come in by it can be loaded again.
  await page.getByRole('heading', { name: 'A faster search' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'A faster search' }).waitFor();
  assert.equal(new URL(page.url()).hash, '');
  assert.ok(!(await page.evaluate(() => JSON.stringify([localStorage, sessionStorage, document.cookie, history.state]))).includes('code'));
  // The session ends while the page is open.
  await context.clearCookies();
  await page.getByRole('link', { name: 'Violations' }).click();
  await page.getByRole('heading', { name: 'Come in' }).waitFor();
  await context.close();
});

test('what is appended elsewhere appears, on every page that is about it, without a reload', () => visit({}, async (page, context) => {
  const log = await context.newPage();
  await open(place, log, '/log');
  const pac = await context.newPage();
  await open(place, pac, SEARCH);
  for (const one of [page, log, pac]) await mark(one);
  place.ledger('append', 'note', '--data', '{"text":"seen from outside"}');
  place.ledger('pac', 'accept', 'PAC-ATLAS-P1-SEARCH-02', 'QUERY');
  await page.getByText('seen from outside').waitFor();
  await log.getByText('seen from outside').waitFor();
  await pac.getByText('GID-02 files the PDO').waitFor();
  await pac.getByRole('button', { name: 'QUERY, MAGGIE, PDO pending' }).waitFor();
  for (const one of [page, log, pac]) assert.ok(await isSame(one));
}));

test('news leaves focus, selection and what is being typed where they are', () => visit({ path: '/log' }, async (page) => {
  const text = page.getByLabel('Text', { exact: true });
  await text.fill('nothing like it');
  await page.getByText('No entry fits').waitFor();
  await text.press('ArrowLeft');
  const before = await text.evaluate((n) => [n.value, n.selectionStart, n === document.activeElement]);
  place.ledger('append', 'note', '--data', '{"text":"meanwhile"}');
  const size = place.json('status').size;
  await page.getByText(`${size} entries in the log`).waitFor();
  assert.deepEqual(await text.evaluate((n) => [n.value, n.selectionStart, n === document.activeElement]), before);
  assert.equal(before[2], true);
}));

test('what is drawn anew changes what differs and nothing else', () => visit({}, async (page) => {
  const seen = await page.evaluate(async () => {
    const { h, lazy, render } = await import('/assets/core/dom.js');
    const box = document.createElement('div');
    document.body.append(box);
    const clicked = [];
    let built = 0;
    const draw = (names, value) => render(box,
      h('details', {}, h('summary', {}, 'more'), value),
      h('input', { value, class: value === 'b' ? 'b' : null }),
      h('button', { onclick: () => clicked.push(value) }, value),
      h('ol', {}, names.map((n) => lazy('li', { 'data-key': n, tabindex: 0 }, n, () => [(built += 1, `row ${n}`)]))));
    draw(['1', '2', '3'], 'a');
    const [details, input, button, list] = box.children;
    const rows = [...list.children];
    details.open = true;
    input.value = 'mine';
    input.focus();
    draw(['0', '3', '1'], 'b');
    button.click();
    const same = [...box.children].every((n, i) => n === [details, input, button, list][i]);
    const now = [...list.children].map((n) => n.textContent).join(', ');
    const kept = list.children[1] === rows[2] && list.children[2] === rows[0] && !rows[1].isConnected;
    const result = { same, open: details.open, value: input.value, focus: document.activeElement === input, class: input.className, clicked, now, kept, built };
    list.children[1].focus();
    draw(['3', '1'], 'c');
    result.still = document.activeElement === list.children[0] && list.children[0].textContent === 'row 3';
    box.remove();
    return result;
  });
  assert.deepEqual(seen, { same: true, open: true, value: 'mine', focus: true, class: 'b', clicked: ['b'], now: 'row 0, row 3, row 1', kept: true, built: 4, still: true });
}));

test('a link to another place on the page goes there, under nothing that stands still, and draws nothing anew', () => visit({ path: HANDBOOK }, async (page) => {
  await page.evaluate(() => (document.querySelector('main h1').same = true));
  await page.getByRole('navigation', { name: 'On this page' }).getByRole('link', { name: 'Reports' }).click();
  const [heading, above] = await page.evaluate(() => [document.querySelector('#h-reports').getBoundingClientRect().top, document.querySelector('.asof').getBoundingClientRect().bottom]);
  assert.ok(heading >= above && heading < 400, `${heading} under ${above}`);
  await page.goBack();
  assert.equal(await page.evaluate(() => document.querySelector('main h1')?.same), true);
  assert.equal(new URL(page.url()).hash, '');
}));

test('whoever may not resolve a violation gets the command to type, and makes no attempt', () => visit({ path: '/violations', who: ['GID-H01', 'reader'] }, async (page) => {
  const size = place.json('status').size;
  await page.getByRole('button', { name: 'Resolve' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('which may read and not write').waitFor();
  await dialog.getByLabel('Reason').fill('the "edge" was added');
  await dialog.getByText(`ledger pac resolve ${BILLING} --reason "the \\"edge\\" was added"`).waitFor();
  assert.equal(await dialog.getByRole('button', { name: 'Resolve' }).count(), 0);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  assert.equal(place.json('status').size, size);
}));

test('a violation is resolved with a reason, and the ledger says in which entry', () => visit({ path: `/pacs/${BILLING}` }, async (page) => {
  await page.getByText('Gateway blocked by 1').waitFor();
  await page.getByRole('button', { name: 'Resolve' }).first().click();
  await page.getByLabel('Reason').fill('the agents were told to use a channel');
  await page.getByRole('dialog').getByRole('button', { name: 'Resolve' }).click();
  await page.getByText(/Resolved in entry \d+/).waitFor();
  await page.getByText('Gateway open').waitFor();
  const shown = place.json('pac', 'show', BILLING);
  assert.equal(shown.gateway.state, 'OPEN');
  const last = place.json('show', String(shown.last.sequence));
  assert.equal(last.data.reason, 'the agents were told to use a channel');
  assert.equal(last.actor, 'GID-00');
}));

test('a verification shows how far it is, and its result', () => visit({ path: '/verify' }, async (page) => {
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText(/Verified: \d+ entries, nothing wrong/).waitFor();
  const report = place.json('verify');
  assert.ok((await page.locator('main').innerText()).includes(report.root));
  // The address holds the job: whoever reloads sees the same result.
  await page.reload();
  await page.getByText(/Verified: \d+ entries, nothing wrong/).waitFor();
}));

test('progress and findings of a verification', () => visit({ path: '/verify' }, async (page) => {
  const answers = [
    { id: 'v', state: 'running', progress: { entries: 40, size: 120 } },
    { id: 'v', state: 'done', progress: { entries: 120, size: 120 }, report: { ok: false, size: 120, root: 'ab', head: 'cd', findings: [{ code: 'LG_302', sequence: 7, stream: 'registry', message: 'the chain is broken' }] } },
  ];
  let goOn;
  const seen = new Promise((done) => (goOn = done));
  await page.route('**/v1/verifications', (route) => route.fulfill({ status: 202, json: answers[0] }));
  await page.route('**/v1/verifications/v', async (route) => {
    await seen;
    await route.fulfill({ json: answers[1] });
  });
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('40 of 120 entries').waitFor();
  assert.ok(Math.abs((await page.getByRole('progressbar', { name: 'Progress' }).evaluate((n) => n.position)) - 1 / 3) < 0.01);
  goOn();
  await page.getByText('1 finding in 120 entries').waitFor();
  await page.getByRole('row', { name: /LG_302 #7 registry the chain is broken/ }).getByRole('link', { name: '#7' }).waitFor();
}));

test('a PAC as it was after any of its steps', () => visit({ path: SEARCH }, async (page) => {
  const steps = place.json('pac', 'timeline', 'PAC-ATLAS-P1-SEARCH-02').events;
  const then = steps.find((e) => e.type === 'ber.rejected').sequence;
  await page.getByRole('button', { name: `As of entry ${then}` }).click();
  await page.getByText('As it was then.').waitFor();
  await page.getByRole('button', { name: 'INDEX, SONNY, Failed' }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get('at'), String(then));
  // What is past cannot be acted on.
  assert.equal(await page.locator('[aria-labelledby="h-next"] .command').count(), 0);
  await page.reload();
  await page.getByRole('button', { name: 'INDEX, SONNY, Failed' }).waitFor();
  await page.keyboard.press('[');
  await page.getByRole('button', { name: 'INDEX, SONNY, BER pending' }).waitFor();
  await page.keyboard.press(']');
  await page.keyboard.press(']');
  await page.getByRole('button', { name: 'INDEX, SONNY, attempt 2, Issued' }).waitFor();
  await page.getByRole('button', { name: 'Now' }).click();
  await page.getByText('As it is now.').waitFor();
  assert.equal(new URL(page.url()).search, '');
}));

test('a graph is gone through with the arrow keys', () => visit({ path: SEARCH }, async (page) => {
  const chosen = page.locator('.node[aria-pressed="true"]');
  await page.locator('.node[data-node="ROOT"]').click();
  await page.keyboard.press('ArrowRight');
  const first = await chosen.getAttribute('data-node');
  assert.ok(['INDEX', 'QUERY', 'RANK'].includes(first));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.evaluate(() => document.activeElement.dataset.node), await chosen.getAttribute('data-node'));
  assert.equal(await page.locator('.node[tabindex="0"]').count(), 1);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await page.locator('[data-key="detail"]').getByText(await chosen.getAttribute('data-node'), { exact: true }).waitFor();
}));

test('the proof of a child leads to the root, and an altered one does not', () => visit({ path: HANDBOOK }, async (page) => {
  const child = page.getByRole('button', { name: /MAGGIE PDO-MAGGIE/ });
  await child.click();
  await page.getByText('The way leads to the root').waitFor();
  const { merkle_root: root } = place.json('pac', 'show', 'PAC-DOCS-1-HANDBOOK-01').opdos.at(-1);
  assert.equal(await page.locator('.way code').last().getAttribute('title'), root);
  await page.route('**/proofs/*', async (route) => {
    const response = await route.fetch();
    const proof = await response.json();
    proof.hashes[0] = proof.hashes[0].replace(/^./, (c) => (c === '0' ? '1' : '0'));
    await route.fulfill({ response, json: proof });
  });
  await page.reload();
  await child.click();
  await page.getByText('The way does not lead to the root').waitFor();
}));

test('the log: to its beginning, by filter, as of an entry', () => visit({ path: '/log' }, async (page) => {
  const size = place.json('status').size;
  assert.ok(size > 100);
  await page.waitForFunction((n) => {
    scrollTo(0, document.body.scrollHeight);
    return document.querySelectorAll('.entry').length === n;
  }, size, { polling: 100 });
  await page.getByText('the beginning of the log is reached').waitFor();
  const shown = await page.locator('.entry .number').allTextContents();
  assert.deepEqual(shown, Array.from({ length: size }, (_, n) => `#${size - 1 - n}`));
  await page.getByRole('combobox', { name: 'Type' }).selectOption('ber.submitted');
  await page.getByLabel('Actor', { exact: true }).fill('GID-01');
  await page.keyboard.press('Enter');
  const wanted = place.ledger('log', '--json').trim().split('\n').map((line) => JSON.parse(line)).filter((e) => e.type === 'ber.submitted' && e.actor === 'GID-01').map((e) => `#${Number(e.sequence)}`).reverse();
  await page.waitForFunction((n) => document.querySelectorAll('.entry').length === n, wanted.length);
  assert.deepEqual(await page.locator('.entry .number').allTextContents(), wanted);
  assert.match(page.url(), /type=ber.submitted.*actor=GID-01/);
  await page.getByRole('button', { name: 'Clear' }).click();
  const turn = place.json('show', '60').time;
  await page.getByLabel('Before', { exact: true }).fill(turn);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => Number(document.querySelector('.entry .number')?.textContent.slice(1)) < 60);
  await page.getByLabel('Before', { exact: true }).fill('soon');
  await page.keyboard.press('Enter');
  await page.locator('#f-until[aria-invalid="true"]').waitFor();
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('As of').fill('17');
  await page.getByText('State as of entry 17').waitFor();
  await page.getByRole('row', { name: /PAC-DOCS-1-HANDBOOK-01.*Issued/ }).waitFor();
  await page.waitForFunction(() => document.querySelector('.entry .number').textContent === '#17');
  assert.ok(await page.getByRole('button', { name: 'Follow' }).isDisabled());
}));

test('text of the ledger is text, wherever it stands, and however long', () => visit({ width: 390 }, async (page) => {
  const nasty = `<img src=x onerror=alert(1)><b>bold</b>"' onclick=alert(2) javascript:alert(3) ${'long'.repeat(25)}`;
  place.ledger('append', 'issue_pac', '--actor', 'GID-S01', '--data', JSON.stringify({ pac_id: 'PAC-EVIL-9', title: nasty, objective: nasty, mode: 'EXECUTABLE', lanes: ['EXECUTION'], scope: { paths: [`src/${'deep'.repeat(30)}`] }, gateway_checks: { governance: ['FAIL_CLOSED'], authority: 'GID-00' } }));
  for (const path of ['/', '/pacs', '/pacs/PAC-EVIL-9', '/log', '/log?text=onerror', '/log?at=1000000']) {
    await open(place, page, path);
    await page.getByText('<img src=x onerror=alert(1)><b>bold</b>').first().waitFor();
    assert.equal(await page.locator('main img, main b, main [onclick]').count(), 0);
    assert.ok(await page.evaluate(tooWide) <= 0, path);
  }
}));

test('trust: who holds what, a question that can be linked, and a tree that stays true', () => visit({ path: '/trust', meant: ['400'] }, async (page) => {
  const row = (name) => page.getByRole('row', { name });
  await row(/GID-12 RUBY Trusted Delegating read_invoices .*1 of 2/).waitFor();
  await row(/GID-11 ATLAS Not trusted Delegating .*0 of 1/).waitFor();
  await row(/GID-00 BENSON Withdrawn while the house is away/).waitFor();
  const form = page.getByRole('form', { name: 'Question' });
  await form.getByLabel('Agent').fill('GID-12');
  await form.getByLabel('Action').fill('read_invoices');
  await form.getByLabel('Level').selectOption('full');
  await form.getByLabel('Resource').fill('payroll/1');
  await form.getByLabel('Cost').fill('much');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await form.getByLabel('Cost').fill('9');
  await form.getByRole('button', { name: 'Ask' }).click();
  const answer = page.locator('[data-key="answer"]');
  await answer.getByText('May not', { exact: true }).waitFor();
  // Every reason stands there with its code, as the program gives it.
  const ask = ['trust', 'verify', 'GID-12', 'read_invoices', '--level', 'full', '--json'];
  const no = answerOf([...ask, '--resource', 'payroll/1', '--cost', '9']);
  const said = await answer.innerText();
  assert.ok(no.reasons.length >= 2);
  for (const { code, message } of no.reasons) assert.ok(said.includes(code) && said.includes(message), message);
  await form.getByLabel('Resource').fill('invoices/12.csv');
  await form.getByLabel('Cost').fill('2');
  await page.keyboard.press('Enter');
  await answer.getByText('May', { exact: true }).waitFor();
  assert.deepEqual(Object.fromEntries(new URL(page.url()).searchParams), { agent: 'GID-12', action: 'read_invoices', level: 'full', resource: 'invoices/12.csv', cost: '2' });
  await page.reload();
  await answer.getByText('May', { exact: true }).waitFor();
  const yes = answerOf([...ask, '--resource', 'invoices/12.csv', '--cost', '2']);
  assert.equal(await answer.locator('.hash code').getAttribute('title'), yes.chain_hash);
  assert.deepEqual(await answer.locator('[data-key="chain"] td.first').allTextContents(), yes.chain.map((g) => g.grant_id));
  // The chain leads to the tree, with the grant chosen.
  await answer.getByRole('link', { name: 'GRANT-READER' }).click();
  await page.getByRole('heading', { level: 1, name: 'GRANT-ANALYST' }).waitFor();
  await page.locator('.node[data-node="GRANT-READER"][aria-pressed="true"]').waitFor();
  assert.deepEqual(await page.locator('[data-key="grants"] tbody tr').evaluateAll((all) => all.map((r) => r.dataset.key)), ['GRANT-ANALYST', 'GRANT-READER', 'GRANT-HELPER', 'GRANT-WRITER', 'GRANT-PRESS']);
  await row(/GRANT-WRITER Suspended LG_174 .*its texts are wrong/).waitFor();
  await mark(page);
  place.ledger('trust', 'resume', 'GRANT-WRITER', '--reason', 'they are right now');
  await page.getByRole('button', { name: 'GRANT-WRITER, GID-11 ATLAS, Active' }).waitFor();
  await row(/GRANT-WRITER Suspended/).waitFor({ state: 'detached' });
  assert.ok(await isSame(page));
}));

test('an address that leads nowhere is a page that says so', () => visit({ meant: ['404'] }, async (page) => {
  for (const path of ['/nowhere', '/pacs/PAC-1/deeper']) {
    assert.equal((await page.goto(place.url + path)).status(), 404);
    await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
  }
  await page.getByRole('link', { name: 'PACs' }).first().click();
  await page.getByRole('heading', { level: 1, name: 'PACs' }).waitFor();
}));

test('what is shortened is copied whole', () => visit({}, async (page) => {
  await page.getByRole('button', { name: 'Copy the root' }).click();
  await page.getByText('Copied').waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), place.json('status').root);
}));

test('a refusal shows code, words and remedy, and can be tried again', () => visit({ meant: ['503', '404'] }, async (page) => {
  await page.route('**/v1/agents', (route) => route.fulfill({ status: 503, json: { error: { code: 'LG_603', name: 'BUSY', message: 'too much is asked', remedy: 'ask again in a second' } } }));
  await page.getByRole('link', { name: 'Agents' }).first().click();
  const alert = page.getByRole('alert');
  assert.match(await alert.innerText(), /LG_603 BUSY[\s\S]*too much is asked[\s\S]*ask again in a second/);
  await page.unroute('**/v1/agents');
  await alert.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'GID-01 SONNY' }).waitFor();
  await page.goto(`${place.url}/pacs/PAC-NOWHERE-1`);
  assert.match(await page.getByRole('alert').innerText(), /LG_150[\s\S]*ledger pac list/);
  await page.goto(`${place.url}/agents/GID-99`);
  await page.getByRole('alert').waitFor();
}));

test('keys: search, places, help; the theme is remembered', () => visit({}, async (page) => {
  await page.keyboard.press('/');
  await page.keyboard.type('GID-01');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'GID-01 SONNY' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the reader is at the new title');
  for (const [text, title] of [['#63', 'Entry 63'], ['PAC-ATLAS-P1-SEARCH-02', 'A faster search'], ['frozen until', 'Log']]) {
    await page.keyboard.press('/');
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
  }
  await page.getByText('deployment frozen until Monday').waitFor();
  await page.keyboard.press('g');
  await page.keyboard.press('v');
  await page.getByRole('heading', { level: 1, name: 'Violations' }).waitFor();
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.goBack();
  await page.getByRole('heading', { level: 1, name: 'Log' }).waitFor();
  const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  const button = page.locator('#theme');
  await button.click();
  await button.click();
  assert.equal(await button.getAttribute('aria-label'), 'Colours: dark');
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  await settled(page);
  assert.equal(await ground(), dark);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1', 'the skip link leads past the frame');
}));

test('a server that goes away is said to be away, and nothing is missed when it is back', () => visit({ meant: ['Failed to load', 'net::ERR'] }, async (page) => {
  await mark(page);
  const pulse = page.locator('.pulse');
  await page.waitForFunction(() => document.querySelector('.pulse').dataset.state === 'live');
  await place.unserve();
  await page.waitForFunction(() => document.querySelector('.pulse').dataset.state === 'lost');
  assert.equal(await pulse.innerText(), 'no connection');
  place.ledger('append', 'note', '--data', '{"text":"while it was away"}');
  await page.getByRole('link', { name: 'Agents' }).first().click();
  await page.getByRole('alert').waitFor();
  await page.goBack();
  await place.serve();
  await page.getByText('while it was away').waitFor();
  await page.waitForFunction(() => document.querySelector('.pulse').dataset.state === 'live');
  assert.ok(await isSame(page));
}));

test('where less motion is wanted, nothing moves', () => visit({ motion: 'reduce' }, async (page) => {
  place.ledger('append', 'note', '--data', '{"text":"quietly"}');
  await page.getByText('quietly').waitFor();
  assert.deepEqual(await page.evaluate(() => document.getAnimations().map((a) => a.animationName ?? a.transitionProperty)), []);
}));

test('every answer of the pages bears the policy, and assets are checked by their tags', async () => {
  const { context } = await visitor(browser);
  for (const path of ['/', '/pacs/PAC-1', '/log', '/assets/app.js', '/assets/style/tokens.css', '/assets/icon.svg']) {
    const answer = await context.request.get(place.url + path);
    const headers = answer.headers();
    assert.equal(answer.status(), 200, path);
    assert.match(headers['content-security-policy'], /default-src 'none'.*script-src 'self'.*require-trusted-types-for 'script'/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal((await context.request.get(place.url + path, { headers: { 'if-none-match': headers.etag } })).status(), 304);
  }
  for (const path of ['/assets/README.md', '/assets/../src/lib.rs', '/assets/%2e%2e/Cargo.toml', '/assets/nothing.js', '/assets/']) {
    assert.equal((await context.request.get(place.url + path)).status(), 404, path);
  }
  await context.close();
});
