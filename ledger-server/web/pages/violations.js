// Violations.

import { render } from '../core/dom.js';
import { head } from '../parts/parts.js';

export async function page({ main, title }) {
  title('Violations');
  render(main, head('Violations'));
}
