// Keys of this browser: made here, kept here, never shown. WebCrypto holds them as not extractable, IndexedDB keeps them.
//
// Not a backup: clearing the browser's data loses them, and an admin then offers a new code. Invariant: a key is stored before its enrolment is
// sent, so that none is enrolled and lost.

import { hex } from '../check/bytes.js';
import { isAvailable } from '../check/ed25519.js';
import { signerOf } from '../check/intent.js';

const [NAME, STORE] = ['ledger.keys', 'keys'];

function open() {
  return new Promise((done, failed) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'keyid' });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
    request.onblocked = () => failed(new Error('another tab holds the keys of an older version open'));
  });
}

async function inStore(mode, work) {
  const database = await open();
  try {
    return await new Promise((done, failed) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(request.result);
      transaction.onabort = () => failed(transaction.error);
      transaction.onerror = () => failed(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Why no key can be made and kept here; null when one can. */
export async function missing() {
  if (!globalThis.isSecureContext || !crypto.subtle) return 'the page was not loaded over a secure connection (https, or this machine), and so has no cryptography';
  if (!(await isAvailable())) return 'this browser has no Ed25519 signatures';
  try {
    await inStore('readonly', (store) => store.count());
    return null;
  } catch {
    return 'this browser keeps nothing for this page (IndexedDB is not there, or is switched off)';
  }
}

/** Asks the browser not to clear the keys by itself. */
export async function persist() {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/** A new key for this human in this log, kept, and not enrolled yet. */
export async function make(gid, logid) {
  const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const signer = await signerOf(pair.privateKey, key);
  const made = { keyid: signer.keyid, gid, logid, key: hex(key), privateKey: pair.privateKey, made: new Date().toISOString(), state: 'new' };
  await keep(made);
  return made;
}

export const keep = (key) => inStore('readwrite', (store) => store.put(key));
export const forget = (keyid) => inStore('readwrite', (store) => store.delete(keyid));

/** All keys for this log, the newest first. */
export async function keys(logid) {
  const all = await inStore('readonly', (store) => store.getAll());
  return all.filter((key) => key.logid === logid).sort((a, b) => (a.made < b.made ? 1 : -1));
}

/** What signs with this key. */
export const signer = (key) => ({ keyid: key.keyid, sign: (bytes) => crypto.subtle.sign({ name: 'Ed25519' }, key.privateKey, bytes) });
