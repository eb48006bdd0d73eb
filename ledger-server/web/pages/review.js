// The review of one PAC.

import { render } from '../core/dom.js';
import { command, head, pacLink } from '../parts/parts.js';

export async function page({ main, params, title }) {
  title(`Review of ${params.pac}`);
  render(main, head('Review', { over: pacLink(params.pac), lead: 'In a terminal, one command does it all:' }), command(`ledger review ${params.pac}`));
}
