// PACs.

import { render } from '../core/dom.js';
import { head } from '../parts/parts.js';

export async function page({ main, title }) {
  title('PACs');
  render(main, head('PACs'));
}
