// C2SP signed notes, verifier keys and checkpoints: docs/format.md §8.
//
// No key is trusted here: the caller says which. Invariant: a checkpoint that comes out was signed by the log's key, exactly once, and says
// nothing but origin, size and root.

import { demand } from './json.js';
import { concat, equal, hex, sha256, unbase64, utf8 } from './bytes.js';
import { publicKey, verifies } from './ed25519.js';

const MAX_BYTES = 1 << 20;
const MAX_SIGNATURES = 100;
const ORIGIN = /^[\x21-\x2a\x2c-\x5b\x5d-\x7e]{1,200}$/;
const SIZE = /^(?:0|[1-9][0-9]*)$/;

export const isOrigin = (text) => ORIGIN.test(text) && !text.includes('"');

/** Reads `<origin>+<hex of key hash>+<base64(0x01 || public key)>`. */
export async function parseVkey(text) {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text);
  demand(parts && isOrigin(parts[1]), 'the verifier key has another form');
  const bytes = unbase64(parts[3], 'the verifier key');
  demand(bytes.length === 33 && bytes[0] === 1, 'the verifier key is not of Ed25519');
  const id = (await sha256(utf8(parts[1]), Uint8Array.of(0x0a), bytes)).subarray(0, 4);
  demand(hex(id) === parts[2], 'the verifier key does not fit its own hash');
  return { origin: parts[1], id, key: bytes.subarray(1) };
}

/** Reads a number of entries; beyond 2^53-1 JavaScript cannot count. */
export function parseSize(text) {
  demand(SIZE.test(text) && Number.isSafeInteger(Number(text)), 'the size has another form');
  return Number(text);
}

/** Reads a checkpoint; nothing is verified yet. */
export function parseCheckpoint(note) {
  demand(note.length <= MAX_BYTES, 'the checkpoint is too long');
  demand(!/[\x00-\x09\x0b-\x1f\x7f]/.test(note), 'the checkpoint has a control character');
  const blank = note.lastIndexOf('\n\n');
  demand(blank > 0 && note.endsWith('\n'), 'the checkpoint is no signed note');
  const [text, block] = [note.slice(0, blank + 1), note.slice(blank + 2, -1)];
  const [origin, size, root, ...more] = text.slice(0, -1).split('\n');
  demand(more.length === 0 && root !== undefined, 'the checkpoint says more, or less, than a checkpoint does');
  demand(isOrigin(origin), 'the origin has another form');
  const hash = unbase64(root, 'the root');
  demand(hash.length === 32, 'the root has not 32 bytes');
  const lines = block.split('\n');
  demand(lines.length <= MAX_SIGNATURES, 'the checkpoint has too many signatures');
  const signatures = lines.map((line) => {
    const found = /^\u2014 (\S+) (\S+)$/.exec(line);
    demand(found, 'the checkpoint has a line that is no signature');
    const blob = unbase64(found[2], 'a signature');
    demand(blob.length > 4, 'a signature is too short');
    return { name: found[1], id: blob.subarray(0, 4), signature: blob.subarray(4) };
  });
  return { text, origin, size: parseSize(size), root: hash, signatures, note };
}

/** A checkpoint that the log's key signed. */
export async function openCheckpoint(note, vkey) {
  const trusted = typeof vkey === 'string' ? await parseVkey(vkey) : vkey;
  const checkpoint = parseCheckpoint(note);
  demand(checkpoint.origin === trusted.origin, 'the checkpoint is of another log');
  const ours = checkpoint.signatures.filter((line) => line.name === trusted.origin && equal(line.id, trusted.id));
  demand(ours.length === 1, "the checkpoint has not one signature of the log's key");
  const key = await publicKey(trusted.key, "the log's key");
  demand(await verifies(key, utf8(checkpoint.text), ours[0].signature), "the log's key did not sign this checkpoint");
  return checkpoint;
}

/** The verifier key of an origin and 32 bytes. */
export async function vkeyOf(origin, key) {
  const bytes = concat(Uint8Array.of(1), key);
  const id = (await sha256(utf8(origin), Uint8Array.of(0x0a), bytes)).subarray(0, 4);
  return `${origin}+${hex(id)}+${btoa(String.fromCharCode(...bytes))}`;
}
