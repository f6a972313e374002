// Makes the pictures of the documentation from a real node that plays for a while:
//   MESHZERO_BINARY=build/release/meshzero node tests/browser/pictures.mjs docs/images
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launchBrowser, Node, openPage, until } from "./harness.mjs";

const kPlayDeadlineMs = 600_000;
const kGamesEach = 30; // until every configuration has a curve to show
const kWithinGame = 0.6; // of the game that is shown

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node tests/browser/pictures.mjs FOLDER");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const node = await Node.create();
const browser = await launchBrowser();
try {
  await node.start();
  await until(
    `every configuration has ${kGamesEach} games`,
    async () => (await node.json("/api/v1/status")).configurations.every((c) => c.games >= kGamesEach),
    kPlayDeadlineMs,
  );
  const [game] = (await node.json("/api/v1/games?limit=1&board=hexagonal&seats=3")).games;
  const shots = [
    { file: "page.png", hash: "#/", colorScheme: "light", shown: "charts" },
    { file: "viewer.png", hash: `#/games/${game.id}/${Math.round(game.plies * kWithinGame)}`, colorScheme: "dark", shown: "board" },
  ];
  for (const { file, hash, colorScheme, shown } of shots) {
    const { page, go, close } = await openPage(browser, node.url, { colorScheme, viewport: { width: 1280, height: 880 } });
    await go(hash);
    await page.getByTestId(shown).waitFor();
    await page.locator('[data-testid="connection"].tone-ok').waitFor();
    await page.screenshot({ path: join(folder, file) });
    await close();
  }
} finally {
  await browser.close();
  await node.stop();
  node.remove();
}
