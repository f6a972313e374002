// Makes the pictures of the documentation from real nodes, one that plays for a while and three that form a cluster:
//   MESHZERO_BINARY=build/release/meshzero node tests/browser/pictures.mjs docs/images [games|cluster]
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
  console.error("usage: node tests/browser/pictures.mjs FOLDER [games|cluster]");
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

async function shoot(node, { file, hash, colorScheme, shown, height = 880 }) {
  const { page, go, close } = await openPage(browser, node.url, { colorScheme, viewport: { width: 1280, height } });
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

/** Three machines; the first leader is switched off, and comes back when another one leads. */
async function cluster() {
  const named = process.platform === "linux" && process.getuid() === 0;
  const flags = ["--workers", "0", "--disk-floor-gb", "0"];
  const [first, ...others] = kHosts.map((host) => (named ? host : null));
  const admin = await start(first, ...flags);
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
  await shoot(next, { file: "cluster.png", hash: "#/cluster", colorScheme: "light", shown: "event", height: 1180 });
}

try {
  if (only !== "cluster") await games();
  if (only !== "games") await cluster();
} finally {
  await browser.close();
  for (const node of nodes) {
    await node.stop();
    node.remove();
  }
}
