// What waits for a human.

import { get } from '../core/api.js';
import { watch } from '../core/watch.js';
import { command, empty, head, pacLink, section } from '../parts/parts.js';

export async function page({ main, signal, title }) {
  title('Reviews');
  await watch({
    main, signal,
    load: () => get('/v1/reviews?waiting=true', { signal }),
    draw: ({ reviews = [] }) => [
      head('Reviews', { lead: 'What is sealed waits for a human who took no part.' }),
      reviews.length === 0
        ? empty('Nothing waits', 'A PAC comes here when its O-PDO is sealed.', 'ledger pac seal PAC-1')
        : reviews.map((row) => section(row.pac_id, { key: row.pac_id }, pacLink(row.pac_id), command(`ledger review ${row.pac_id}`))),
    ],
  });
}
