// What every browser test needs: a real node on a private port, and pages that are watched while they are used.
//
// Environment: MESHZERO_BINARY the program under test; CHROMIUM the browser, when it is not in its usual place.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const kRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { chromium } = createRequire(join(kRoot, "web/package.json"))("playwright-core");

const kBrowsers = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const kPollMs = 50; // between two looks at a condition
const kStartDeadlineMs = 30_000;
const kStopDeadlineMs = 20_000;

/** Looks again and again until `condition` gives something true, and returns it. */
export async function until(what, condition, deadlineMs = 60_000) {
  const end = Date.now() + deadlineMs;
  let problem = "";
  for (;;) {
    try {
      const result = await condition();
      if (result) return result;
      problem = "";
    } catch (error) {
      problem = ` (${error.message})`;
    }
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain until ${what}${problem}`);
    await new Promise((again) => setTimeout(again, kPollMs));
  }
}

function portIsFree(port) {
  return new Promise((answer) => {
    const probe = createServer();
    probe.once("error", () => answer(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => answer(true)));
  });
}

async function freePort() {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await portIsFree(port)) return port;
  }
  throw new Error("no free port between 20000 and 29999");
}

/** A node on its own port and data folder. `start` and `stop` may be called in turns; the data stays until `remove`. */
export class Node {
  constructor(port, data, host) {
    this.port = port;
    this.host = host;
    this.data = data;
    this.url = `http://127.0.0.1:${port}`;
    this.child = null;
    this.log = "";
  }

  /** With a `host` it believes to be on a computer of that name, which takes Linux and root. */
  static async create({ host = null } = {}) {
    return new Node(await freePort(), mkdtempSync(join(tmpdir(), "meshzero-browser-")), host);
  }

  async start(...flags) {
    const binary = process.env.MESHZERO_BINARY;
    assert.ok(binary, "MESHZERO_BINARY must name the program under test");
    const args = ["up", "--foreground", "--no-discovery", "--data", this.data, "--port", String(this.port), ...flags];
    const named = this.host ? ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', this.host] : [];
    const [program, ...words] = [...named, binary, ...args];
    this.child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on("data", (chunk) => (this.log += chunk));
    this.exited = new Promise((done) => this.child.once("exit", (code, signal) => done({ code, signal })));
    await until("the node answers", async () => {
      if (this.child.exitCode !== null) throw new Error(`it exited with ${this.child.exitCode}: ${this.log}`);
      return (await fetch(`${this.url}/health`)).ok;
    }, kStartDeadlineMs);
  }

  async stop() {
    if (!this.child) return;
    this.child.kill("SIGTERM");
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`the node did not stop: ${this.log}`)), kStopDeadlineMs);
    });
    try {
      await Promise.race([this.exited, late]);
    } catch (error) {
      this.child.kill("SIGKILL");
      throw error;
    } finally {
      clearTimeout(timer);
      this.child = null;
    }
    this.assertNoReports();
  }

  /** Ends it at once, as a power cut would. */
  async killHard() {
    process.kill(this.child.pid, "SIGKILL");
    await this.exited;
    this.child = null;
    this.assertNoReports();
  }

  /** Of the node and of its workers, which share its stderr, in a build with sanitizers. */
  assertNoReports() {
    assert.doesNotMatch(this.log, /(Sanitizer|runtime error): /);
  }

  remove() {
    rmSync(this.data, { recursive: true, force: true });
  }

  /** What the command line says when it is asked for JSON about this node. */
  command(...words) {
    const said = spawnSync(process.env.MESHZERO_BINARY, [...words, "--json", "--data", this.data], { encoding: "utf8" });
    assert.equal(said.status, 0, said.stderr);
    return JSON.parse(said.stdout);
  }

  /** The address with which `meshzero ui` opens the page. */
  loginAddress() {
    return this.command("ui").page;
  }

  async json(path) {
    const response = await fetch(this.url + path);
    assert.equal(response.status, 200, path);
    return response.json();
  }
}

export async function launchBrowser() {
  const executablePath = process.env.CHROMIUM ?? kBrowsers.find(existsSync);
  assert.ok(executablePath, "no Chromium found: install it, or name it in the environment variable CHROMIUM");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
}

/**
 * Opens pages of one origin and notes everything a good page never does: a request to another origin, an error on the console,
 * an uncaught exception, something the content security policy had to stop. `close` fails when there was any, apart from
 * messages that match `expected` (a request the test itself made fail).
 */
export async function openPage(browser, origin, { expected = null, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) faults.push(`a request left the origin: ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" && !expected?.test(message.text())) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`uncaught: ${error.message}`));
  return {
    page,
    context,
    go: (hash) => page.goto(`${origin}/${hash}`),
    close: async () => {
      await context.close();
      assert.deepEqual(faults, []);
    },
  };
}

/** How far the page is wider than the window, in pixels. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The element that has the focus, as the words an assistive technology would say. */
export function focusedName(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    return element?.getAttribute("aria-label") ?? element?.textContent?.trim() ?? "";
  });
}
