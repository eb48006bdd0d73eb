// A key of this browser for a reviewer.

import { render } from '../core/dom.js';
import { command, head } from '../parts/parts.js';

export async function page({ main, title }) {
  title('Enrol');
  render(main, head('Enrol', { lead: 'In a terminal, a reviewer has a key file:' }), command('ledger key new'));
}
