// Ed25519 by the browser's own cryptography, as strict as docs/format.md §4: canonical points, none of small order.
//
// No key is made or kept here. Invariant: where the browser lacks Ed25519, that is said, and nothing passes for checked.

import { demand } from './json.js';
import { hex, unhex } from './bytes.js';

/** y of the points whose order is 1, 2, 4 or 8. */
const SMALL = new Set([
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
]);

/** The browser has no Ed25519. */
export class Unavailable extends Error {
  constructor() {
    super('this browser has no Ed25519');
    this.name = 'Unavailable';
  }
}

/** An encoding of a point that may be a key, or the R of a signature. */
function checkPoint(bytes, what) {
  const y = Uint8Array.from(bytes);
  y[31] &= 0x7f;
  // p is 2^255 - 19: only ed..ff below thirty bytes of ff and 7f is p or more.
  const beyond = y[31] === 0x7f && y[0] >= 0xed && y.subarray(1, 31).every((byte) => byte === 0xff);
  demand(!beyond, `${what} is not canonical`);
  demand(!SMALL.has(hex(y)), `${what} has small order`);
}

/** The key of these 32 bytes, for verifying. */
export async function publicKey(bytes, what = 'the public key') {
  demand(bytes.length === 32, `${what} has not 32 bytes`);
  checkPoint(bytes, what);
  if (!(await isAvailable())) throw new Unavailable();
  return crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, true, ['verify']);
}

export async function verifies(key, message, signature) {
  demand(signature.length === 64, 'the signature has not 64 bytes');
  checkPoint(signature.subarray(0, 32), 'the first half of the signature');
  return crypto.subtle.verify({ name: 'Ed25519' }, key, signature, message);
}

let available;

/** Whether the browser has Ed25519: RFC 8032 §7.1, test 1. */
export function isAvailable() {
  available ??= (async () => {
    try {
      const bytes = unhex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 32, 'key');
      const key = await crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, true, ['verify']);
      const signature = unhex('e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b'
        + 'd25bf5f0595bbe24655141438e7a100b', 64, 'signature');
      return await crypto.subtle.verify({ name: 'Ed25519' }, key, signature, new Uint8Array(0));
    } catch {
      return false;
    }
  })();
  return available;
}

