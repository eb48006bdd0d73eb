// Writes the pictures of docs/images anew, from the story of story.sh.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HERE, Place, browse, enter, open, settled, visitor } from './place.mjs';

const IMAGES = join(HERE, '../../docs/images');
const REVIEW = '/reviews/PAC-DOCS-1-HANDBOOK-01';

const place = await new Place('full').serve();
place.ledger('agents', 'register', 'GID-H02', '--human', '--name', 'Grace Hopper', '--actor', 'GID-H01');
const rejected = JSON.parse(place.ledger('log', '--json', '--type', 'ber.rejected').trim());

/** An entry with all that was checked, and one step of it open. */
async function checked(page) {
  await page.waitForFunction(() => document.querySelector('.checks [data-key="Same history"]') && !document.querySelector('.checks [data-tone="waiting"]'));
  await page.getByText('Inclusion', { exact: true }).click();
}

/** A reviewer with a key of this browser, who has read and drawn the question. */
async function asked(page) {
  const { code } = place.json('key', 'offer', 'GID-H02', '--actor', 'GID-H01');
  await open(place, page, '/enrol');
  await page.getByLabel('Code', { exact: true }).fill(code);
  await page.getByRole('button', { name: 'Make a key and enrol it' }).click();
  await page.getByRole('row').getByText('active').waitFor();
  await open(place, page, REVIEW);
  await page.getByRole('button', { name: 'Begin to read' }).click();
  await page.getByRole('button', { name: 'Draw the question' }).click();
  await page.locator('.act button[type="submit"]:not([disabled])').waitFor();
  await page.locator('.act').evaluate((form) => scrollBy(0, form.getBoundingClientRect().bottom - innerHeight + 24));
}

const PICTURES = [
  { name: 'overview', path: '/', width: 1440, height: 900, theme: 'light' },
  { name: 'pac', path: '/pacs/PAC-ATLAS-P1-SEARCH-02?node=QUERY', width: 1440, height: 1240, theme: 'dark' },
  { name: 'entry', path: `/entries/${Number(rejected.sequence)}`, width: 1440, height: 1240, theme: 'light', then: checked },
  { name: 'review', path: '/reviews', width: 1440, height: 1100, theme: 'dark', who: ['GID-H02', 'reviewer'], then: asked },
  { name: 'phone', path: '/pacs/PAC-CODY-P2-BILLING-03', width: 390, height: 844, theme: 'light' },
];

mkdirSync(IMAGES, { recursive: true });
const browser = await browse();
for (const { name, path, width, height, theme, who, then } of PICTURES) {
  const { context, page } = await visitor(browser, { width, theme, motion: 'reduce' });
  await page.setViewportSize({ width, height });
  await enter(place, page, path, who);
  await then?.(page);
  await settled(page);
  await page.waitForFunction(() => document.querySelector('.pulse')?.dataset.state === 'live');
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  await context.close();
}
await browser.close();
await place.end();
