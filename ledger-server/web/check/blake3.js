// BLAKE3, 32 bytes of output, for the chain between entries.
//
// Not keyed, not for key derivation, not fast. Invariant: the published vectors, which the tests run.
// Source: the BLAKE3 paper, §2.

const IV = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
/** Columns, then diagonals, of the state's four by four words. */
const QUARTERS = [
  [0, 4, 8, 12], [1, 5, 9, 13], [2, 6, 10, 14], [3, 7, 11, 15],
  [0, 5, 10, 15], [1, 6, 11, 12], [2, 7, 8, 13], [3, 4, 9, 14],
];
const [CHUNK_START, CHUNK_END, PARENT, ROOT] = [1, 2, 4, 8];
const [CHUNK, BLOCK] = [1024, 64];

const turn = (word, by) => (word >>> by) | (word << (32 - by));

function compress(chaining, block, counter, length, flags) {
  let words = block;
  const v = Uint32Array.of(...chaining, ...IV.slice(0, 4), counter, Math.floor(counter / 2 ** 32), length, flags);
  for (let round = 0; round < 7; round += 1) {
    QUARTERS.forEach(([a, b, c, d], quarter) => {
      for (const [word, turnD, turnB] of [[words[2 * quarter], 16, 12], [words[2 * quarter + 1], 8, 7]]) {
        v[a] = v[a] + v[b] + word;
        v[d] = turn(v[d] ^ v[a], turnD);
        v[c] += v[d];
        v[b] = turn(v[b] ^ v[c], turnB);
      }
    });
    const before = words;
    words = PERMUTATION.map((from) => before[from]);
  }
  return Uint32Array.from({ length: 8 }, (_, at) => v[at] ^ v[at + 8]);
}

/** The block's sixteen little-endian words, filled up with zeros. */
function wordsOf(bytes) {
  const block = new DataView(new ArrayBuffer(BLOCK));
  bytes.forEach((byte, at) => block.setUint8(at, byte));
  return Uint32Array.from({ length: 16 }, (_, at) => block.getUint32(4 * at, true));
}

/** Chaining value of a chunk, or of the parent of two subtrees, the left as large as fits. */
function subtree(bytes, firstChunk, root) {
  if (bytes.length > CHUNK) {
    let left = CHUNK;
    while (left * 2 < bytes.length) left *= 2;
    const pair = [
      ...subtree(bytes.subarray(0, left), firstChunk, 0),
      ...subtree(bytes.subarray(left), firstChunk + left / CHUNK, 0),
    ];
    return compress(IV, pair, 0, BLOCK, PARENT | root);
  }
  let value = IV;
  const last = Math.max(0, Math.ceil(bytes.length / BLOCK) - 1);
  for (let at = 0; at <= last; at += 1) {
    const block = bytes.subarray(BLOCK * at, BLOCK * (at + 1));
    const flags = (at === 0 ? CHUNK_START : 0) | (at === last ? CHUNK_END | root : 0);
    value = compress(value, wordsOf(block), firstChunk, block.length, flags);
  }
  return value;
}

export function blake3(bytes) {
  const out = new DataView(new ArrayBuffer(32));
  subtree(bytes, 0, ROOT).forEach((word, at) => out.setUint32(4 * at, word, true));
  return new Uint8Array(out.buffer);
}
