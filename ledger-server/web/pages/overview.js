// Overview.

import { render } from '../core/dom.js';
import { head } from '../parts/parts.js';

export async function page({ main, title }) {
  title('Overview');
  render(main, head('Overview'));
}
