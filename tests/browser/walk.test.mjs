// Every page, wide, between and narrow, light and dark, on a full ledger and on an empty one: nothing goes wrong, everything can be read and reached.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { badControls, faintText, tabThrough, tooWide } from './looks.mjs';
import { Place, browse, enter, open, visitor } from './place.mjs';

const PAC = 'PAC-ATLAS-P1-SEARCH-02';
const PAGES = {
  full: ['/', '/pacs', '/pacs?show=all', `/pacs/${PAC}`, `/pacs/${PAC}?at=90`, '/pacs/PAC-DOCS-1-HANDBOOK-01', '/pacs/PAC-CODY-P2-BILLING-03', '/pacs/PAC-NOVA-P4-PRINT-05', '/entries/63', '/reviews', '/reviews/PAC-DOCS-1-HANDBOOK-01', '/agents', '/agents/GID-01', '/agents/GID-H01', '/trust', '/trust?agent=GID-12&action=read_invoices&level=full&resource=invoices%2F2&cost=1', '/trust?agent=GID-12&action=publish&show=grants', '/trust/GRANT-ANALYST', '/trust/GRANT-ANALYST?grant=GRANT-WRITER', '/trust/GRANT-OPERATOR', '/violations', '/log', '/log?at=70', '/log?text=nowhere', '/verify', '/enrol'],
  empty: ['/', '/pacs', '/pacs?show=closed', '/entries/0', '/reviews', '/agents?kind=service', '/agents/GID-01', '/trust', '/trust?agent=GID-01&action=deploy', '/violations', '/violations?show=open', '/log', '/verify', '/enrol'],
};

for (const kind of ['full', 'empty']) {
  describe(`pages of ${kind === 'full' ? 'a full' : 'an empty'} ledger`, () => {
    let place, browser;
    before(async () => {
      place = await new Place(kind).serve();
      browser = await browse();
    });
    after(async () => {
      await browser?.close();
      await place?.end();
    });

    for (const width of [1440, 900, 390]) {
      for (const theme of width === 900 ? ['dark'] : ['light', 'dark']) {
        test(`${width} pixels, ${theme}`, async () => {
          const { context, page, wrong } = await visitor(browser, { width, theme });
          await enter(place, page);
          const found = [];
          for (const path of PAGES[kind]) {
            await open(place, page, path);
            const all = {
              titles: (await page.locator('h1').count()) - 1,
              failures: await page.locator('.failure').allTextContents(),
              tooWide: Math.max(0, await page.evaluate(tooWide)),
              faint: await page.evaluate(faintText),
              controls: await page.evaluate(badControls),
              ...(theme === 'light' ? await tabThrough(page) : {}),
            };
            for (const [what, is] of Object.entries(all)) if (Array.isArray(is) ? is.length > 0 : is !== 0) found.push({ path, [what]: is });
          }
          assert.deepEqual(found, []);
          assert.deepEqual(wrong, []);
          await context.close();
        });
      }
    }
  });
}
