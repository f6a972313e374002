// Makes the pictures of the documentation from real nodes, one that plays for a while, three that form a cluster, two that pair:
//   MESHZERO_BINARY=build/release/meshzero node tests/browser/pictures.mjs docs/images [games|cluster|pairing]
// The machines of the cluster have names of their own where that can be had: on Linux, as root.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launchBrowser, Node, openPage, until } from "./harness.mjs";

const kPlayDeadlineMs = 600_000;
const kGamesEach = 30; // until every configuration has a curve to show
const kWithinGame = 0.6; // of the game that is shown
const kHosts = ["studio", "laptop", "attic"];

const [folder, only] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node tests/browser/pictures.mjs FOLDER [games|cluster|pairing]");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const nodes = [];
const browser = await launchBrowser();

async function start(host, ...flags) {
  const node = await Node.create({ host });
  nodes.push(node);
  await node.start(...flags);
  return node;
}

/** The page in light or dark colours, 1280 pixels wide; `login` opens it as the node's own user. */
async function shoot(node, { file, hash, colorScheme, shown, height = 880, login = false }) {
  const address = login ? node.loginAddress() : null;
  const origin = address ? new URL(address).origin : node.url;
  const { page, go, close } = await openPage(browser, origin, { colorScheme, viewport: { width: 1280, height } });
  if (address) {
    await page.goto(address);
    await page.getByTestId("log-out").waitFor();
  }
  await go(hash);
  await page.getByTestId(shown).first().waitFor();
  await page.locator('[data-testid="connection"].tone-ok').waitFor();
  await page.screenshot({ path: join(folder, file) });
  await close();
}

async function games() {
  const node = await start(null);
  await until(
    `every configuration has ${kGamesEach} games`,
    async () => (await node.json("/api/v1/status")).configurations.every((c) => c.games >= kGamesEach),
    kPlayDeadlineMs,
  );
  const [game] = (await node.json("/api/v1/games?limit=1&board=hexagonal&seats=3")).games;
  const ply = Math.round(game.plies * kWithinGame);
  await shoot(node, { file: "page.png", hash: "#/", colorScheme: "light", shown: "charts" });
  await shoot(node, { file: "viewer.png", hash: `#/games/${game.id}/${ply}`, colorScheme: "dark", shown: "board" });
}

const kFlags = ["--workers", "0", "--disk-floor-gb", "0"];

/** The name for a node, where it can have one. */
const called = (host) => (process.platform === "linux" && process.getuid() === 0 ? host : null);

/**
 * Three machines; the first leader is switched off, and comes back when another one leads. A fourth belongs to nobody but itself, and
 * at one more address nobody is.
 */
async function cluster() {
  const flags = kFlags;
  const [first, ...others] = kHosts.map(called);
  const stranger = await start(called("kitchen"), ...flags);
  const nobody = await Node.create();
  const admin = await start(first, ...flags, "--peer", `127.0.0.1:${stranger.port}`, "--peer", `127.0.0.1:${nobody.port}`);
  nobody.remove();
  await until("it leads itself", async () => (await admin.json("/api/v1/status")).leader);
  const members = [admin];
  for (const host of others) {
    const { token } = admin.command("token", "create", "--role", "node");
    members.push(await start(host, ...flags, "--join", token, "--peer", `127.0.0.1:${admin.port}`));
  }
  for (const node of members) node.id = (await node.json("/api/v1/status")).node_id;
  const agree = (among) =>
    until("they follow one of them", async () => {
      const all = await Promise.all(among.map((node) => node.json("/api/v1/status")));
      const alive = all.every((status) => among.every(({ id }) => status.members.some((m) => m.node_id === id && m.state === "alive")));
      return alive && all.every(({ leader }) => leader === all[0].leader) && among.find(({ id }) => id === all[0].leader);
    });
  const leader = await agree(members);
  const rest = members.filter((node) => node !== leader);
  await leader.killHard();
  const next = await agree(rest);
  await until("it is taken for dead", async () =>
    (await next.json("/api/v1/status")).members.some((m) => m.node_id === leader.id && m.state === "dead"));
  await leader.start(...flags);
  await agree(members);
  await shoot(admin, { file: "cluster.png", hash: "#/cluster", colorScheme: "light", shown: "event", height: 1500 });
}

/** A machine asks another one, whose person has not answered yet. */
async function pairing() {
  const [asked, asking] = [await start(called("studio"), ...kFlags), await start(called("attic"), ...kFlags)];
  asking.command("pair", "start", `127.0.0.1:${asked.port}`);
  await shoot(asked, { file: "pairing.png", hash: "#/cluster", colorScheme: "light", shown: "digits", height: 520, login: true });
}

try {
  if (!only || only === "games") await games();
  if (!only || only === "cluster") await cluster();
  if (!only || only === "pairing") await pairing();
} finally {
  await browser.close();
  for (const node of nodes) {
    await node.stop();
    node.remove();
  }
}
