// Reviews and entries in the browser, against the real server: enrolled by a code, signed by a key that stays, checked by the page itself.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { draw as derive } from '../../ledger-server/web/check/question.js';
import { badControls, faintText, tabThrough, tooWide } from './looks.mjs';
import { Place, browse, enter, open, settled, visitor } from './place.mjs';

const PAC = 'PAC-DOCS-1-HANDBOOK-01';
const WHO = ['GID-H02', 'reviewer'];
let place, browser;
const places = [];

/** The story's ledger, with two more humans. */
async function begun() {
  const made = await new Place('full').serve();
  places.push(made);
  for (const [gid, name] of [['GID-H02', 'Grace Hopper'], ['GID-H03', 'Edith Clarke']]) {
    made.ledger('agents', 'register', gid, '--human', '--name', name, '--actor', 'GID-H01');
  }
  return made;
}

before(async () => {
  place = await begun();
  browser = await browse();
});
after(async () => {
  await browser?.close();
  for (const one of places) await one.end();
});

/** A reviewer with a browser of their own, who came in and enrolled a key. */
async function reviewer(place, gid, how) {
  const { context, page, wrong } = await visitor(browser, how);
  const { code } = place.json('key', 'offer', gid, '--label', 'a browser', '--actor', 'GID-H01');
  await enter(place, page, '/enrol', [gid, 'reviewer']);
  await page.getByLabel('Your GID').fill(gid);
  await page.getByLabel('Code', { exact: true }).fill(code.toLowerCase());
  await page.getByRole('button', { name: 'Make a key and enrol it' }).click();
  await page.getByRole('row').filter({ hasText: gid }).getByText('active').waitFor();
  return { context, page, wrong, code };
}

const begin = async (place, page) => {
  await open(place, page, `/reviews/${PAC}`);
  await page.getByRole('button', { name: 'Begin to read' }).click();
  await page.getByRole('button', { name: 'Draw the question' }).waitFor();
};
const draw = async (page) => {
  await page.getByRole('button', { name: /^Draw|draw another$/ }).click();
  await page.getByRole('button', { name: 'Answer', exact: true }).waitFor();
};

/** Looks the answers up in the packet on the page, as a careful reader would. */
const lookUp = (page) => page.evaluate(() => {
  const asked = [...document.querySelectorAll('.act label.question > span:first-child')].map((node) => node.textContent);
  return asked.map((question) => {
    const name = / in (Sub-PAC-\S+?)(?:\?| was limited)/.exec(question)[1];
    const report = [...document.querySelectorAll('.report')].find((one) => one.querySelector('h3').textContent === name);
    const said = (term) => [...report.querySelectorAll('dt')].find((dt) => dt.textContent === term)?.nextElementSibling.textContent;
    const list = (title) => {
      const heading = [...report.querySelectorAll('h4')].find((h4) => h4.textContent.startsWith(`${title}: `));
      return { length: /\d+/.exec(heading.textContent)[0], items: [...(heading.nextElementSibling?.children ?? [])].map((li) => li.firstChild.textContent) };
    };
    const number = Number(/number (\d+)|task (\d+)/.exec(question)?.slice(1).find(Boolean));
    if (question.startsWith('How many tasks')) return list('Tasks').length;
    if (question.startsWith('How many files')) return list('Files').length;
    if (question.startsWith('What quality score')) return said('Quality score');
    if (question.startsWith('Which agent')) return /^GID-\S+ (.*), [^,]*$/.exec(said('Agent'))[1];
    if (question.startsWith('Which GID')) return /^GID-[^ ,]+/.exec(said('Agent'))[0];
    if (question.startsWith('Name one of the paths')) return said('Paths').split(', ')[0];
    if (question.startsWith('How does the content hash')) return said('Content hash').slice(0, 6);
    if (question.startsWith('What does task')) return list('Tasks').items[number - 1];
    if (question.startsWith('Which file')) return list('Files').items[number - 1];
    throw new Error(question);
  });
});

/** An answer that can be read and is not right. */
const wrongly = (question) => {
  if (question.startsWith('How many')) return '4711';
  if (question.startsWith('What quality score')) return '0.0471';
  if (question.startsWith('Which GID')) return 'GID-4711';
  if (question.startsWith('How does the content hash')) return '000000';
  return 'certainly not this';
};

const fill = async (page, answers) => {
  for (const [n, answer] of answers.entries()) await page.locator(`[name="answer-${n}"]`).fill(answer);
};
const answer = (page) => page.locator('.act button[type="submit"]:not([disabled])').click({ timeout: 20_000 });

test('a code enrols one key, and a wrong or a spent one is refused with its remedy', async () => {
  const { context, page, wrong, code } = await reviewer(place, 'GID-H02');
  const keys = place.json('key', 'list').holders.find((one) => one.gid === 'GID-H02').keys;
  assert.equal(keys.length, 2);
  await page.getByLabel('Code', { exact: true }).fill(code);
  await page.getByRole('button', { name: 'Make a key and enrol it' }).click();
  await page.getByText('LG_144').waitFor();
  assert.match(await page.locator('.failure').innerText(), /used or withdrawn[\s\S]*ledger key offer/);
  await page.getByLabel('Code', { exact: true }).fill('not a code');
  await page.getByRole('button', { name: 'Make a key and enrol it' }).click();
  await page.getByText('A code has 28 letters and digits').waitFor();
  // What was refused left no key behind; what was enrolled is there after a reload, and cannot be taken out.
  await page.reload();
  await settled(page);
  assert.equal(await page.locator('main tbody tr').count(), 1);
  const taken = await page.evaluate(() => new Promise((done) => {
    const request = indexedDB.open('ledger.keys');
    request.onsuccess = () => {
      const all = request.result.transaction('keys').objectStore('keys').getAll();
      all.onsuccess = async () => done(await Promise.all(all.result.map((key) => crypto.subtle.exportKey('pkcs8', key.privateKey).then(() => 'exported', (error) => error.name))));
    };
  }));
  assert.deepEqual(taken, ['InvalidAccessError']);
  // Retired from the command line, and seen at once.
  place.ledger('key', 'retire', 'GID-H02', keys.at(-1).keyid, '--reason', 'only a test', '--actor', 'GID-H01');
  await page.locator('main tbody').getByText('retired').waitFor();
  assert.deepEqual(wrong.filter((one) => !one.includes('403')), []);
  await context.close();
});

test('too early, wrong, reloaded in the middle, rejected: and what was reopened is to be done again', async () => {
  const place = await begun();
  const { context, page, wrong } = await reviewer(place, 'GID-H03', { width: 390, theme: 'dark' });
  await begin(place, page);
  await draw(page);
  // The page does not let an early answer go; a hand that sends one anyway is refused by the ledger, and used its attempt up.
  assert.ok(await page.getByRole('button', { name: 'Answer', exact: true }).isDisabled());
  await fill(page, await lookUp(page));
  const questions = await page.locator('.act label.question > span:first-child').allTextContents();
  await page.reload();
  await settled(page);
  assert.deepEqual(await page.locator('.act label.question > span:first-child').allTextContents(), questions);
  await fill(page, questions.map(wrongly));
  await answer(page);
  await page.locator('.failure').getByText('GS_310').waitFor();
  await page.getByText('2 of 3 attempts left').waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  assert.ok(!wide, 'no sideways scrolling at 390 px');
  // Too early, by a page that was changed.
  await draw(page);
  await fill(page, await lookUp(page));
  await page.evaluate(() => {
    const button = document.querySelector('.act button[type="submit"]');
    button.disabled = false;
    button.click();
  });
  await page.locator('.failure').getByText('GS_315').waitFor();
  await page.getByText('1 of 3 attempts left').waitFor();
  await draw(page);
  await fill(page, await lookUp(page));
  await answer(page);
  // Only who rejects is asked what is to be done again.
  assert.ok(!(await page.getByText('To be done again').isVisible()));
  await page.getByLabel('Reject: it may not, because of this').check();
  await page.getByRole('button', { name: 'Sign the verdict' }).click();
  await page.getByText('Say why').waitFor();
  await page.getByLabel('The reason').fill('the alarms have no order, and nobody who is called at night finds the first thing to do');
  await page.getByLabel('Sub-PAC-DOCS-1-HANDBOOK-01-A2').check();
  await page.getByRole('button', { name: 'Sign the verdict' }).click();
  await page.getByText('It was rejected').waitFor();
  assert.match(await page.locator('main').innerText(), /the alarms have no order/);
  assert.ok(await page.evaluate(tooWide) <= 0, 'remarks have room');
  const nodes = Object.fromEntries(place.json('pac', 'show', PAC).graph.nodes.map((node) => [node.node_id, node.state]));
  assert.equal(nodes.A1, 'COMPLETE');
  for (const again of ['A2', 'A4']) assert.notEqual(nodes[again], 'COMPLETE', again);
  assert.deepEqual(wrong.filter((one) => !/40[39]|42[02]/.test(one)), []);
  await context.close();
});

test('a whole review in the browser makes the work final, and the log verifies', async () => {
  const { context, page, wrong } = await reviewer(place, 'GID-H02');
  await open(place, page, '/reviews');
  await page.getByRole('link', { name: 'The on-call handbook' }).click();
  await page.getByRole('button', { name: 'Begin to read' }).click();
  const digest = place.json('review', 'show', PAC).packet;
  assert.match(await page.locator('#h-digest').locator('..').locator('..').innerText(), new RegExp(digest));
  await draw(page);
  await fill(page, await lookUp(page));
  await answer(page);
  await page.getByLabel('Approve: it may become final').check();
  await page.getByRole('button', { name: 'Sign the verdict' }).click();
  await page.getByText('You approved it').waitFor();
  place.ledger('pac', 'finalize', PAC);
  await page.getByText('It is final').waitFor();
  place.ledger('pac', 'wrap', PAC);
  const { findings, ok } = place.json('verify');
  assert.deepEqual([ok, findings], [true, []]);
  const verdict = JSON.parse(place.ledger('log', '--json', '--type', 'review.verdict_given').trim().split('\n').at(-1));
  assert.equal(verdict.auth, 'signed');
  assert.equal(verdict.data.packet, digest);
  assert.deepEqual(wrong, []);
  await context.close();
});

test('an entry is checked in the browser; another log at this address, or a rewritten one, is noticed', async () => {
  const { context, page, wrong } = await visitor(browser);
  await enter(place, page, '/entries/14', WHO);
  const verdicts = async () => {
    await page.waitForFunction(() => document.querySelector('.checks [data-key="Same history"]') && !document.querySelector('.checks [data-tone="waiting"]'));
    return page.evaluate(() => Object.fromEntries([...document.querySelectorAll('.checks > li')].map((li) => [li.dataset.key, li.dataset.tone])));
  };
  const sound = { Form: 'good', Data: 'good', Chain: 'good', Inclusion: 'good', 'Same history': 'good' };
  const first = await verdicts();
  assert.deepEqual({ ...first, Signature: undefined }, { ...sound, Signature: undefined });
  const earlier = { '**/v1/checkpoint': place.json('status').checkpoint, '**/v1/proofs/inclusion/14': place.ledger('prove', 'inclusion', '14') };
  place.ledger('append', 'note', '--unsigned', '--actor', 'GID-H01', '--data', '{"text":"the log grows"}');
  await page.reload();
  assert.equal((await verdicts())['Same history'], 'good');
  assert.match(await page.locator('.checks').innerText(), /continues the one of/);
  assert.equal(await page.getByRole('link', { name: 'Entry 15' }).getAttribute('href'), '/entries/15');

  // An older copy of the log: all of it holds, and this browser has seen more.
  for (const [path, body] of Object.entries(earlier)) await page.route(path, (route) => route.fulfill({ body }));
  await page.reload();
  const older = await verdicts();
  assert.deepEqual([older.Inclusion, older['Same history']], ['good', 'bad']);
  assert.match(await page.locator('.checks').innerText(), /the log was cut back/);
  for (const path of Object.keys(earlier)) await page.unroute(path);

  // The server says something else than what was hashed.
  const bend = async (path, change) => {
    await page.route(path, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: change(await response.text()) });
    });
    await page.reload();
    const said = await verdicts();
    await page.unroute(path);
    return said;
  };
  assert.equal((await bend('**/v1/entries/14', (text) => text.replace(/"time":"20/, '"time":"19'))).Inclusion, 'bad');
  const altered = await bend('**/v1/entries/14', (text) => text.replace('"data":{', '"data":{"added":1,'));
  assert.deepEqual([altered.Data, altered.Inclusion], ['bad', 'good']);
  assert.equal((await bend('**/v1/entries/13', (text) => text.replace(/"actor":"GID-/, '"actor":"GID-X'))).Chain, 'bad');
  const flipped = (text) => text.replace(/\n(.)(.{43})\n\n/, (_, c, rest) => `\n${c === 'A' ? 'B' : 'A'}${rest}\n\n`);
  assert.equal((await bend('**/v1/proofs/inclusion/14', flipped)).Inclusion, 'bad');
  await page.getByText('Something does not hold').waitFor();

  // A history that does not continue the one that was seen: a root of the same key at a size that this log never had so.
  const honest = await page.evaluate(() => localStorage.getItem('ledger.trust'));
  const other = new Place('empty');
  const status = other.json('status');
  await page.route('**/v1/status', (route) => route.fulfill({ json: status }));
  await page.reload();
  await page.getByRole('heading', { name: 'This is another log than before' }).waitFor();
  assert.equal((await verdicts()).Inclusion, 'good', 'checked by the key from before');
  assert.equal(await page.evaluate(() => localStorage.getItem('ledger.trust')), honest, 'nothing is trusted anew by itself');
  await page.unroute('**/v1/status');
  await other.end();
  await page.evaluate(() => {
    const trust = JSON.parse(localStorage.getItem('ledger.trust'));
    trust.checkpoint = trust.checkpoint.replace(/\n\d+\n/, (size) => `\n${Number(size) + 1}\n`);
    localStorage.setItem('ledger.trust', JSON.stringify(trust));
  });
  await page.reload();
  assert.equal((await verdicts())['Same history'], 'bad');
  // A key from elsewhere.
  const vkey = place.json('status').vkey;
  await page.getByLabel('Verifier key from elsewhere').fill('nonsense');
  await page.getByRole('button', { name: 'Check by this key' }).click();
  await page.getByText('the verifier key has another form').waitFor();
  await page.getByLabel('Verifier key from elsewhere').fill(vkey);
  await page.getByRole('button', { name: 'Check by this key' }).click();
  await page.getByText('by your own hand').waitFor();
  assert.deepEqual(wrong, []);
  await context.close();
});

test('without Ed25519 or storage the page gives the commands of a terminal', async () => {
  const { context, page } = await visitor(browser, { width: 390 });
  await page.addInitScript(() => {
    const verify = SubtleCrypto.prototype.importKey;
    SubtleCrypto.prototype.importKey = function importKey(format, data, algorithm, ...rest) {
      return (algorithm.name ?? algorithm) === 'Ed25519' ? Promise.reject(new DOMException('no', 'NotSupportedError')) : verify.call(this, format, data, algorithm, ...rest);
    };
  });
  await enter(place, page, '/enrol', WHO);
  await page.getByText('this browser has no Ed25519 signatures').waitFor();
  assert.match(await page.locator('main').innerText(), /ledger key enrol --gid GID-H02 --code CODE/);
  await open(place, page, '/entries/14');
  await page.getByText('check it offline, by the command below').waitFor();
  assert.match(await page.locator('main').innerText(), /ledger check entry-14\.tlog-proof --vkey/);
  await context.close();
});

test('pages that check and sign can be read and reached, and a packet is shown whole', async () => {
  const place = await begun();
  for (const [width, theme] of [[1440, 'light'], [390, 'light'], [390, 'dark'], [1440, 'dark']]) {
    const { context, page, wrong } = await reviewer(place, 'GID-H02', { width, theme, motion: 'reduce' });
    const found = [];
    const look = async (where) => {
      const all = { tooWide: Math.max(0, await page.evaluate(tooWide)), faint: await page.evaluate(faintText), controls: await page.evaluate(badControls), ...(theme === 'light' ? await tabThrough(page) : {}) };
      for (const [what, is] of Object.entries(all)) if (Array.isArray(is) ? is.length > 0 : is !== 0) found.push({ where, [what]: is });
    };
    await look('enrol');
    await open(place, page, '/reviews');
    await look('reviews');
    await open(place, page, '/entries/20');
    await page.getByText('the first checkpoint that this browser sees').waitFor();
    for (const step of await page.locator('.checks details').all()) await step.evaluate((node) => { node.open = true; });
    await look('entry');
    await open(place, page, `/reviews/${PAC}`);
    await page.locator('.act').first().waitFor();
    await look('review');
    // Everything that a report says is on the page, outside of the raw JSON too.
    const plain = (text) => text.toLowerCase().replaceAll('_', ' ');
    const shown = plain(await page.evaluate(() => document.querySelector('.packet').textContent));
    const said = (value) => (typeof value === 'string' ? [value] : value && typeof value === 'object' ? Object.values(value).flatMap(said) : []);
    const { content } = place.json('review', 'show', PAC);
    for (const text of said(content).filter((one) => one !== 'AGENT_NODE')) assert.ok(shown.includes(plain(text)), `the page does not show ${text}`);
    assert.deepEqual([found, wrong], [[], []]);
    await context.close();
  }
});

test('the page derives the very questions that the ledger draws', async () => {
  const place = await begun();
  const { content } = place.json('review', 'show', PAC);
  const types = new Set();
  for (let n = 10; n < 24; n += 1) {
    place.ledger('agents', 'register', `GID-H${n}`, '--human', '--name', 'A Human', '--actor', 'GID-H01');
    place.ledger('review', 'open', PAC, '--actor', `GID-H${n}`);
    for (let draws = 0; draws < 3; draws += 1) {
      const { challenge_id: id, questions } = place.json('review', 'challenge', PAC, '--actor', `GID-H${n}`);
      assert.deepEqual(await derive(content, id), questions);
      for (const { question_type: type } of questions) types.add(type);
    }
  }
  assert.ok(types.size >= 7, `only ${[...types]}`);
});
