// The real program in a directory of its own: what tests of the pages and of their checks run.
//
// Invariant: nothing outside that directory is read or written, and it is removed at the end.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(here, '../..');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
export const BINARY = process.env.LEDGER ?? join(TARGET, 'debug/ledger');
export const SHARED = process.env.LEDGER_SHARED ?? join(ROOT, '../shared');
const MOST = 256 << 20;

/** A place for one ledger. */
export class Place {
  constructor() {
    if (!existsSync(BINARY)) throw new Error(`there is no ${BINARY}: build it, or name it in LEDGER`);
    this.dir = mkdtempSync(join(tmpdir(), 'ledger-browser-'));
    this.data = join(this.dir, 'ledger');
    this.env = { PATH: process.env.PATH, HOME: this.dir, LEDGER_DATA: this.data, LEDGER_STATE: join(this.dir, 'state'), NO_COLOR: '1' };
  }

  /** Exit code and what was said. */
  run(args, input) {
    const { status, stdout, stderr } = spawnSync(BINARY, args, { cwd: this.dir, env: this.env, input, maxBuffer: MOST, encoding: 'utf8' });
    return { status, stdout, stderr };
  }

  /** What it said, which must be success. */
  ok(args, input) {
    return execFileSync(BINARY, args, { cwd: this.dir, env: this.env, input, maxBuffer: MOST, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] });
  }

  json(args, input) {
    return JSON.parse(this.ok([...args, '--json'], input));
  }

  file(name, content) {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  remove() {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
