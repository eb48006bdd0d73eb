// What a browser test stands on: a ledger made by the program, served by it, and a browser that is let in.
//
// Not a double: the ledger, the server and the browser are the real ones. Invariant: whatever was started here ends with the tests.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const HERE = dirname(fileURLToPath(import.meta.url));
const LEDGER = process.env.LEDGER ?? join(HERE, '../../target/debug/ledger');
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
/** Time that something may take to come, ms. */
export const SOON = 15_000;

/** The first address that a program prints, while it runs on. */
function addressOf(child, what) {
  return new Promise((found, fail) => {
    let said = '';
    const hear = (piece) => {
      said += piece;
      const address = /https?:\/\/\S+/.exec(said);
      if (address) found(address[0].replace(/[.,)]$/, ''));
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('exit', (code) => fail(new Error(`${what} ended with ${code}: ${said}`)));
    setTimeout(() => fail(new Error(`${what} says no address: ${said}`)), SOON).unref();
  });
}

/** A ledger that is served: "full" has the story of story.sh, "empty" what `ledger init` makes. */
export class Place {
  #children = [];

  constructor(kind) {
    this.root = mkdtempSync(join(tmpdir(), 'ledger-browser-'));
    this.data = join(this.root, 'ledger');
    this.env = { ...process.env, LEDGER, LEDGER_DATA: this.data, LEDGER_STATE: join(this.root, 'state') };
    if (kind === 'full') execFileSync(join(HERE, 'story.sh'), [this.root], { env: this.env, stdio: ['ignore', 'ignore', 'inherit'] });
    else this.ledger('init', '--origin', 'ledger.example/new', '--human', 'Ada');
  }

  ledger(...args) {
    return execFileSync(LEDGER, args, { env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  json(...args) {
    return JSON.parse(this.ledger(...args, '--json'));
  }

  #spawn(program, args) {
    const child = spawn(program, args, { env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#children.push(child);
    return child;
  }

  /** Serves it, at the same address as before if there was one. */
  async serve() {
    const listen = this.url ? new URL(this.url).host : '127.0.0.1:0';
    this.server = this.#spawn(LEDGER, ['serve', '--listen', listen]);
    this.url = new URL(await addressOf(this.server, 'ledger serve')).origin;
    return this;
  }

  /** The server ends, and the ledger is there without it. */
  async unserve() {
    await end(this.server);
  }

  /** An address that lets a browser in, once, as this actor. */
  invitation(gid, role) {
    return /https?:\/\/\S+/.exec(this.ledger('token', 'new', gid, '--role', role, '--url'))[0];
  }

  async end() {
    for (const child of this.#children.reverse()) await end(child);
    rmSync(this.root, { recursive: true, force: true });
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill('SIGTERM');
  await gone;
}

export const browse = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/** A visitor: a browser of their own, and everything that went wrong in it. */
export async function visitor(browser, { width = 1440, theme = 'light', motion = 'no-preference' } = {}) {
  const small = width < 800;
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: theme, reducedMotion: motion, isMobile: small, hasTouch: small, permissions: ['clipboard-read', 'clipboard-write'] });
  const page = await context.newPage();
  page.setDefaultTimeout(SOON);
  const wrong = [];
  page.on('console', (message) => message.type() === 'error' && wrong.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrong.push(`uncaught: ${error.message}`));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`)));
  return { context, page, wrong };
}

/** Waits until the page shows what it is about. */
export const settled = (page) => page.waitForFunction(() => document.querySelector('main h1') && !document.querySelector('.loading'));

/** Lets a visitor in, and goes there. */
export async function enter(place, page, path = '/', [gid, role] = ['GID-00', 'orchestrator']) {
  await page.goto(place.invitation(gid, role));
  await settled(page);
  if (path !== '/') await open(place, page, path);
}

export async function open(place, page, path) {
  await page.goto(place.url + path);
  await settled(page);
}
