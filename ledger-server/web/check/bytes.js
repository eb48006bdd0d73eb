// Bytes, their spellings, and SHA-256 by the browser's own cryptography.
//
// Not tolerant: one value has one spelling. Invariant: what is decoded encodes to the same text.

import { demand } from './json.js';

const encoder = new TextEncoder();

export const utf8 = (text) => encoder.encode(text);

export function concat(...parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

export const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Lower-case hex of exactly `length` bytes. */
export function unhex(text, length, what) {
  demand(typeof text === 'string' && text.length === 2 * length && /^[0-9a-f]*$/.test(text), `${what} has another form`);
  return Uint8Array.from({ length }, (_, at) => parseInt(text.slice(2 * at, 2 * at + 2), 16));
}

export function base64(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** RFC 4648 with padding, its unused bits zero. */
export function unbase64(text, what) {
  demand(/^[A-Za-z0-9+/]*={0,2}$/.test(text) && text.length % 4 === 0, `${what} is not base64`);
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  demand(base64(bytes) === text, `${what} is not canonical base64`);
  return bytes;
}

export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', concat(...parts)));
}

export const random = (length) => crypto.getRandomValues(new Uint8Array(length));
