// Writes the pictures of docs/images anew, from the story of story.sh.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { HERE, Place, browse, enter, visitor } from './place.mjs';

const IMAGES = join(HERE, '../../docs/images');
const PICTURES = [
  ['overview', '/', { width: 1440, theme: 'light' }, 900],
  ['pac', '/pacs/PAC-ATLAS-P1-SEARCH-02?node=QUERY', { width: 1440, theme: 'dark' }, 1240],
  ['phone', '/pacs/PAC-CODY-P2-BILLING-03', { width: 390, theme: 'light' }, 844],
];

mkdirSync(IMAGES, { recursive: true });
const place = await new Place('full').serve();
const browser = await browse();
for (const [name, path, how, height] of PICTURES) {
  const { context, page } = await visitor(browser, { ...how, motion: 'reduce' });
  await page.setViewportSize({ width: how.width, height });
  await enter(place, page, path);
  await page.waitForFunction(() => document.querySelector('.pulse')?.dataset.state === 'live');
  await page.screenshot({ path: join(IMAGES, `${name}.png`) });
  await context.close();
}
await browser.close();
await place.end();
