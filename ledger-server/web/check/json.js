// Strict JSON in, RFC 8785 canonical JSON out: docs/format.md §3.
//
// Not JSON.parse, which lets duplicate members, lone surrogates and numbers pass that a double cannot hold. Invariant: two texts that mean
// the same give the same canonical text, and what cannot be written exactly is refused.

/** Something is not as it must be. */
export class Wrong extends Error {
  constructor(message) {
    super(message);
    this.name = 'Wrong';
  }
}

export function demand(condition, message) {
  if (!condition) throw new Wrong(message);
}

/** Deepest nesting of a line of event JSON; a part by itself has one level less. */
export const MAX_DEPTH = 128;
export const PART_DEPTH = 127;

/** A number with its spelling, for hashes that Python once made of it. */
export class Numeral {
  constructor(text) {
    this.text = text;
    this.value = number(text);
  }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const ESCAPED = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

function number(text) {
  const value = Number(text);
  demand(Number.isFinite(value), `number ${text.slice(0, 40)} is infinite`);
  demand(!Number.isInteger(value) || Number.isSafeInteger(value), `number ${text.slice(0, 40)} is beyond 2^53-1`);
  return value;
}

function wellFormed(text) {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

class Reader {
  constructor(text, depth, numerals) {
    this.text = text;
    this.at = 0;
    this.depth = depth;
    this.numerals = numerals;
  }

  fail(why) {
    throw new Wrong(`not strict JSON at ${this.at}: ${why}`);
  }

  space() {
    while (' \t\n\r'.includes(this.text[this.at] ?? '-')) this.at += 1;
  }

  take(character) {
    if (this.text[this.at] !== character) this.fail(`expected ${character}`);
    this.at += 1;
  }

  value(levels) {
    this.space();
    switch (this.text[this.at]) {
      case '{': return this.object(levels);
      case '[': return this.array(levels);
      case '"': return this.string();
      case 't': return this.word('true', true);
      case 'f': return this.word('false', false);
      case 'n': return this.word('null', null);
      default: return this.number();
    }
  }

  word(word, value) {
    if (!this.text.startsWith(word, this.at)) this.fail('expected a value');
    this.at += word.length;
    return value;
  }

  number() {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (!found) this.fail('expected a value');
    this.at += found[0].length;
    return this.numerals ? new Numeral(found[0]) : number(found[0]);
  }

  string() {
    this.take('"');
    let out = '';
    for (;;) {
      const c = this.text[this.at];
      if (c === undefined) this.fail('a string does not end');
      this.at += 1;
      if (c === '"') break;
      if (c < ' ') this.fail('a control character in a string');
      out += c === '\\' ? this.escape() : c;
    }
    if (!wellFormed(out)) this.fail('a lone surrogate');
    return out;
  }

  escape() {
    const c = this.text[this.at];
    this.at += 1;
    if (c === 'u') {
      const digits = this.text.slice(this.at, this.at + 4);
      if (!/^[0-9a-fA-F]{4}$/.test(digits)) this.fail('an escape without four hex digits');
      this.at += 4;
      return String.fromCharCode(parseInt(digits, 16));
    }
    if (!Object.hasOwn(ESCAPED, c ?? '')) this.fail('an escape that does not exist');
    return ESCAPED[c];
  }

  array(levels) {
    if (levels === 0) this.fail('nested too deep');
    const items = [];
    this.take('[');
    this.space();
    if (this.text[this.at] !== ']') {
      do items.push(this.value(levels - 1)); while (this.more());
    }
    this.take(']');
    return items;
  }

  object(levels) {
    if (levels === 0) this.fail('nested too deep');
    // Without a prototype: `__proto__` is a member like any other.
    const members = Object.create(null);
    this.take('{');
    this.space();
    if (this.text[this.at] !== '}') {
      do {
        this.space();
        const name = this.string();
        if (Object.hasOwn(members, name)) this.fail('an object has a member twice');
        this.space();
        this.take(':');
        members[name] = this.value(levels - 1);
      } while (this.more());
    }
    this.take('}');
    return members;
  }

  more() {
    this.space();
    if (this.text[this.at] !== ',') return false;
    this.at += 1;
    return true;
  }
}

/** Reads a text, or bytes of UTF-8. Objects have no prototype; with `numerals`, numbers keep their spelling. */
export function parse(input, { depth = MAX_DEPTH, numerals = false } = {}) {
  let text = input;
  if (typeof input !== 'string') {
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(input);
    } catch {
      throw new Wrong('not UTF-8');
    }
  }
  const reader = new Reader(text, depth, numerals);
  const value = reader.value(depth);
  reader.space();
  if (reader.at !== text.length) reader.fail('something behind the value');
  return value;
}

/** The canonical text of a value. Members are ordered by UTF-16 code units, which is how JavaScript compares strings. */
export function canonical(value, levels = MAX_DEPTH) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (value instanceof Numeral) return canonical(value.value);
  if (typeof value === 'number') {
    number(String(value));
    return JSON.stringify(value === 0 ? 0 : value);
  }
  if (typeof value === 'string') {
    demand(wellFormed(value), 'a string has a lone surrogate');
    return JSON.stringify(value);
  }
  demand(typeof value === 'object', 'a value that JSON does not have');
  demand(levels > 0, 'nested too deep');
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, levels - 1)).join(',')}]`;
  const members = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${members.map((name) => `${canonical(name)}:${canonical(value[name], levels - 1)}`).join(',')}}`;
}

/** Reads what must be canonical already. */
export function parseCanonical(input, what, options = {}) {
  const value = parse(input, options);
  const text = typeof input === 'string' ? input : new TextDecoder('utf-8', { ignoreBOM: true }).decode(input);
  demand(canonical(value, options.depth) === text, `${what} is not canonical JSON`);
  return value;
}
