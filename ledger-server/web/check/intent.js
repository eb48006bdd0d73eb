// Intents signed in the browser: docs/format.md §§4, 7.2.
//
// Not a rule: the ledger judges. Invariant: what is signed is what is sent; the key signs for one id in one log, and never leaves the browser.

import { canonical, demand, parse, PART_DEPTH } from './json.js';
import { hex, random, sha256, utf8 } from './bytes.js';
import { commitment, signatureInput } from './entry.js';

const CODE = /^[0-9A-HJKMNP-TV-Z]{28}$/;

/** The canonical text of a code as a person writes it, or null. */
export function enrolmentCode(text) {
  const meant = text.toUpperCase().replace(/[- ]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  return CODE.test(meant) ? meant : null;
}

/** The digest under which a code was offered. */
export async function enrolmentDigest(code) {
  demand(CODE.test(code), 'the code has another form');
  return `sha256:${hex(await sha256(utf8(`ledger/enrolment/v1\0${code}`)))}`;
}

/** A key of an entry that nobody else chooses: the time in front, so that ids sort. */
export function freshKey(now = Date.now()) {
  return `w${now.toString(36)}-${hex(random(10))}`;
}

/**
 * The body of `POST /v1/append` for this intent, signed.
 *
 * `log` is `{origin, logid}`; `event` is the type and version that the kind becomes; `signer` is `{keyid, sign(bytes)}`.
 */
export async function signIntent({ kind, event, stream, actor, data, id = freshKey() }, log, signer) {
  // What is hashed is read back first: nothing is signed that the ledger would read otherwise.
  const text = canonical(parse(canonical(data, PART_DEPTH)), PART_DEPTH);
  const salt = random(32);
  const leaf = {
    actor,
    datahash: hex(await commitment('data', salt, utf8(text))),
    dataversion: event.version,
    id: `${stream}/${id}`,
    keyid: signer.keyid,
    logid: log.logid,
    source: log.origin,
    subject: stream,
    type: event.type,
  };
  const signature = hex(new Uint8Array(await signer.sign(signatureInput(leaf))));
  return { kind, actor, stream, id, data, signature, keyid: signer.keyid, datasalt: hex(salt) };
}

/** Signs with a WebCrypto key, whose public half names it. */
export async function signerOf(privateKey, publicBytes) {
  return {
    keyid: hex(await sha256(publicBytes)),
    sign: (bytes) => crypto.subtle.sign({ name: 'Ed25519' }, privateKey, bytes),
  };
}
