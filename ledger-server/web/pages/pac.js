// PAC.

import { render } from '../core/dom.js';
import { head } from '../parts/parts.js';

export async function page({ main, title }) {
  title('PAC');
  render(main, head('PAC'));
}
