"""Textbook versions of what Python's standard library lacks: CRC-32C, BLAKE3, Ed25519, canonical JSON, Merkle trees.

Nothing of the ledger's own format is here. Right, slow, and no place for secret keys: nothing runs in constant time.
Every run begins with `self_test`, the published vectors.
"""

import functools
import hashlib
import json
import struct
from decimal import Decimal


class Wrong(Exception):
    """Something is not as it must be."""


def demand(condition, message):
    if not condition:
        raise Wrong(message)


# ---- Checksums and hashes


def h256(*parts):
    """SHA-256."""
    return hashlib.sha256(b"".join(parts)).digest()


def crc_table(polynomial=0x82F63B78):
    """CRC-32C (Castagnoli), reflected."""
    table = list(range(256))
    for _ in range(8):
        table = [value >> 1 ^ polynomial * (value & 1) for value in table]
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    crc, table = 0xFFFFFFFF, CRC_TABLE
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


BLAKE3_IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
BLAKE3_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
# Of the state's 4 by 4 words.
BLAKE3_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
BLAKE3_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8


def blake3_compress(chaining, block, counter, length, flags):
    """One block of 64 bytes into a chaining value of 8 words."""
    mask, words = 0xFFFFFFFF, struct.unpack("<16I", block)
    v = [*chaining, *BLAKE3_IV[:4], counter & mask, counter >> 32, length, flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(BLAKE3_COLUMNS + BLAKE3_DIAGONALS):
            for word, turn_d, turn_b in ((words[2 * i], 16, 12), (words[2 * i + 1], 8, 7)):
                v[a] = v[a] + v[b] + word & mask
                x = v[d] ^ v[a]
                v[d] = (x >> turn_d | x << 32 - turn_d) & mask
                v[c] = v[c] + v[d] & mask
                x = v[b] ^ v[c]
                v[b] = (x >> turn_b | x << 32 - turn_b) & mask
        words = [words[i] for i in BLAKE3_PERMUTATION]
    return [v[i] ^ v[i + 8] for i in range(8)]


def blake3_subtree(data, first_chunk, root):
    """Chaining value of a chunk of up to 1,024 bytes, or of the parent of two subtrees, the left as large as fits."""
    if len(data) > 1024:
        left = 1024 << ((len(data) - 1) // 1024).bit_length() - 1
        right = blake3_subtree(data[left:], first_chunk + left // 1024, 0)
        block = struct.pack("<16I", *blake3_subtree(data[:left], first_chunk, 0), *right)
        return blake3_compress(BLAKE3_IV, block, 0, 64, PARENT | root)
    value, last = BLAKE3_IV, max(0, (len(data) - 1) // 64)
    for i in range(last + 1):
        block = data[64 * i : 64 * i + 64]
        flags = CHUNK_START * (i == 0) | (CHUNK_END | root) * (i == last)
        value = blake3_compress(value, block.ljust(64, b"\0"), first_chunk, len(block), flags)
    return value


def blake3(data):
    return struct.pack("<8I", *blake3_subtree(data, 0, ROOT))


# ---- Ed25519, RFC 8032, verified strictly: one signature, one encoding

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
IDENTITY = (0, 1, 1, 0)


def add(p, q):
    """Sum of two points in extended coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z."""
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * D * p[3] * q[3] % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    result = IDENTITY
    for bit in bin(scalar)[2:]:
        result = add(result, result)
        if bit == "1":
            result = add(result, point)
    return result


def encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def is_small_order(point):
    return encode(multiply(8, point)) == encode(IDENTITY)


@functools.lru_cache(maxsize=None)
def decode(encoding):
    """The point of a canonical encoding; anything else is refused, points of small order too."""
    number = int.from_bytes(encoding, "little")
    sign, y = number >> 255, number & (1 << 255) - 1
    demand(len(encoding) == 32 and y < P, "point encoding is not canonical")
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    demand((x * x - square) % P == 0, "encoding is of no point of the curve")
    demand(x or not sign, "point encoding is not canonical")
    x = P - x if x & 1 != sign else x
    point = (x, y, 1, x * y % P)
    demand(not is_small_order(point), "point has small order")
    return point


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verify(public_key, message, signature):
    demand(len(signature) == 64, "signature has not 64 bytes")
    key, _ = decode(public_key), decode(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    demand(s < L, "signature's scalar is not canonical")
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    # [S]B - [k]A must be R itself, as encoded: no multiplication by the cofactor.
    expected = add(multiply(s, BASE), multiply(L - k, key) if k else IDENTITY)
    demand(encode(expected) == signature[:32], "signature is not of this key over these bytes")


# ---- Canonical JSON, RFC 8785, and stricter: no number that a double cannot tell from its neighbour, no deep nesting

MAX_SAFE, MAX_DEPTH = 2**53 - 1, 128
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def number_of(text):
    value = float(text)
    demand(value - value == 0, f"number {text[:40]} is infinite")
    demand(not value.is_integer() or abs(value) <= MAX_SAFE, f"number {text[:40]} is beyond 2^53-1")
    return value


def object_of(pairs):
    members = dict(pairs)
    demand(len(members) == len(pairs), "object has a member twice")
    return members


def refuse_constant(text):
    raise Wrong(f"{text} is not JSON")


def parse(data):
    """JSON as Python values; every number a float, since JSON has no other."""
    try:
        hooks = {"parse_int": number_of, "parse_float": number_of, "parse_constant": refuse_constant}
        return json.loads(data.decode("utf-8"), object_pairs_hook=object_of, **hooks)
    except (RecursionError, ValueError) as error:
        raise Wrong(f"not JSON: {str(error)[:120]}") from None


def number_text(value):
    """ECMAScript's Number::toString. Python's repr finds the same shortest digits, and writes them differently."""
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, minus = "".join(map(str, digits)), "-" * sign
    point = len(digits) + exponent
    if len(digits) <= point <= 21:
        return minus + digits + "0" * exponent
    if 0 < point <= 21:
        return minus + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return minus + "0." + "0" * -point + digits
    fraction = "." + digits[1:] if digits[1:] else ""
    return f"{minus}{digits[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def string_text(text):
    return '"' + "".join(ESCAPES.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def canonical_text(value, levels=MAX_DEPTH):
    if isinstance(value, (dict, list)):
        demand(levels, "nested too deep")
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(string_text(key) + ":" + canonical_text(item, levels - 1) for key, item in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical_text(item, levels - 1) for item in value) + "]"
    if isinstance(value, str):
        return string_text(value)
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return number_text(float(value))


def canonical(value, levels=MAX_DEPTH):
    try:
        return canonical_text(value, levels).encode("utf-8")
    except UnicodeEncodeError:
        raise Wrong("string has a lone surrogate") from None


def parse_canonical(data, what, levels=MAX_DEPTH):
    value = parse(data)
    demand(canonical(value, levels) == data, f"{what} is not canonical JSON")
    return value


# ---- The Merkle tree of RFC 6962


def node(left, right):
    return h256(b"\1", left, right)


def split(size):
    """The largest power of two below size."""
    return 1 << (size - 1).bit_length() - 1


def tree_root(hashes):
    """As RFC 6962 defines it, from all leaf hashes."""
    if len(hashes) <= 1:
        return hashes[0] if hashes else h256(b"")
    k = split(len(hashes))
    return node(tree_root(hashes[:k]), tree_root(hashes[k:]))


class Frontier:
    """Roots of the perfect subtrees that make up the tree, largest first: they give the root after every entry."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def push(self, leaf_hash):
        self.size += 1
        for _ in range((self.size & -self.size).bit_length() - 1):
            leaf_hash = node(self.peaks.pop(), leaf_hash)
        self.peaks.append(leaf_hash)

    def root(self):
        return functools.reduce(lambda right, left: node(left, right), reversed(self.peaks))


def root_by_inclusion(index, size, leaf_hash, path):
    """The root that an inclusion proof leads to. Its length is fixed by index and size."""
    demand(index < size, "proof is of an entry behind the end")
    if size == 1:
        demand(not path, "proof is too long")
        return leaf_hash
    demand(path, "proof is too short")
    k, rest, last = split(size), path[:-1], path[-1]
    if index < k:
        return node(root_by_inclusion(index, k, leaf_hash, rest), last)
    return node(last, root_by_inclusion(index - k, size - k, leaf_hash, rest))


def roots_by_consistency(old, new, old_root, path):
    """Both roots that a consistency proof leads to; old_root is None where the subtree is not the whole old tree."""
    if old == new:
        demand(len(path) == (0 if old_root else 1), "proof has a wrong length")
        return (old_root or path[0],) * 2
    demand(path, "proof is too short")
    k, rest, last = split(new), path[:-1], path[-1]
    if old <= k:
        before, after = roots_by_consistency(old, k, old_root, rest)
        return before, node(after, last)
    before, after = roots_by_consistency(old - k, new - k, None, rest)
    return node(last, before), node(last, after)


# ---- Published vectors


@functools.lru_cache(maxsize=None)
def self_test():
    """RFC 3720 §B.4, BLAKE3's test_vectors.json, RFC 8032 §7.1 and RFC 8785 §B."""
    demand(crc32c(bytes(32)) == 0x8A9136AA and crc32c(b"123456789") == 0xE3069283, "CRC-32C")
    counting = bytes(i % 251 for i in range(5121))
    hashes = {0: "af1349b9f5f9a1a6", 1024: "42214739f095a406", 1025: "d00278ae47eb27b3", 5121: "628bd2cb2004694a"}
    for length, start in hashes.items():
        demand(blake3(counting[:length]).hex().startswith(start), f"BLAKE3 of {length} bytes")
    key = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )
    ed25519_verify(key, b"", signature)
    numbers = {5e-324: "5e-324", 1e-7: "1e-7", 1e-6: "0.000001", 333333333.33333329: "333333333.3333333", -0.0: "0"}
    numbers.update({1e20: "1" + "0" * 20, 1e21: "1e+21", -9007199254740991.0: "-9007199254740991"})
    demand(all(number_text(value) == text for value, text in numbers.items()), "numbers of canonical JSON")
    keys = parse('{"\\u20ac":1,"\\r":2,"\\ufb33":3,"1":4,"\\ud83d\\ude00":5,"\\u0080":6,"\\u00f6":7}'.encode())
    sorted_keys = '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\U0001f600":5,"\ufb33":3}'
    demand(canonical_text(keys) == sorted_keys, "order of canonical JSON")
