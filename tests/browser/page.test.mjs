// The page through the real program: a node that plays, stores and serves, and a person who looks at it.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { focusedName, launchBrowser, Node, openPage, overflow, until } from "./harness.mjs";

const kBoards = [
  { board: "square8", cells: 64 },
  { board: "hex8", cells: 61 },
  { board: "square19", cells: 361 },
  { board: "hexagonal", cells: 469 },
];
const kGamesDeadlineMs = 240_000; // until a game of each board is finished and sealed on a slow machine

let browser;
let node;
let opened;

before(async () => {
  node = await Node.create();
  await node.start();
  browser = await launchBrowser();
});

afterEach(async () => {
  const last = opened;
  opened = null;
  await last?.close();
});

after(async () => {
  await browser?.close();
  await node?.stop();
  node?.remove();
});

async function open(hash, options) {
  opened = await openPage(browser, node.url, options);
  await opened.go(hash);
  return opened.page;
}

/** A stored game of that board, once there is one. */
function gameOf(board) {
  return until(`a game on ${board} is stored`, async () => (await node.json(`/api/v1/games?limit=1&board=${board}`)).games[0], kGamesDeadlineMs);
}

const ply = (page) => page.getByTestId("ply").inputValue().then(Number);

function plyBecomes(page, wanted) {
  return until(`the page shows move ${wanted}`, async () => (await ply(page)) === wanted);
}

/** The sections S, M and C of a position text, as the cells they name. */
function piecesOf(text) {
  const section = (letter) => {
    const field = text.split("|").find((part) => part.startsWith(`${letter} `));
    return field.slice(2).split(" ").filter(Boolean).map((entry) => entry.split(":")[0]).sort();
  };
  return { stacks: section("S"), markers: section("M"), territory: section("C") };
}

function piecesDrawn(page) {
  return page.getByTestId("board").evaluate((svg) => {
    const names = (attribute) => [...svg.querySelectorAll(`[${attribute}]`)].map((e) => e.getAttribute(attribute)).sort();
    return { stacks: names("data-stack"), markers: names("data-marker"), territory: names("data-territory") };
  });
}

test("the overview shows the state and all twelve configurations", async () => {
  const page = await open("#/");
  await page.getByTestId("figures").waitFor();
  const shown = await page.getByTestId("configuration").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-configuration")));
  const { configurations } = await node.json("/api/v1/status");
  assert.deepEqual(shown, configurations.map(({ board, seats }) => `${board}-${seats}`));
  assert.deepEqual([...shown].sort(), kBoards.flatMap(({ board }) => [2, 3, 4].map((seats) => `${board}-${seats}`)).sort());
  assert.equal(await page.getByTestId("connection").innerText(), "Live");
  assert.ok((await page.getByTestId("worker").count()) >= 1);
  assert.match(await page.title(), /^Overview – MeshZero on /);
  const response = await fetch(node.url);
  assert.match(response.headers.get("content-security-policy"), /default-src 'self'/);
});

test("games played show up in the account and in the chart while one watches", async () => {
  const page = await open("#/");
  await page.getByTestId("figures").waitFor();
  const played = async () => Number((await page.getByTestId("account").innerText()).match(/([\d,]+) played/)[1].replaceAll(",", ""));
  const first = await played();
  await until("more games are played", async () => (await played()) > first, kGamesDeadlineMs);
  await page.locator(".chart canvas").nth(3).waitFor();
});

test("stored games are listed newest first and can be chosen by board and seats", async () => {
  const game = await gameOf("square8");
  const page = await open("#/games");
  await page.getByTestId("game").first().waitFor();
  await page.getByLabel("Board").selectOption("square8");
  await page.getByLabel("Players").selectOption(String(game.seats));
  await page.waitForURL(`**/#/games?board=square8&seats=${game.seats}`);
  await until("the list follows the choice", async () => {
    const rows = await page.getByTestId("game").allInnerTexts();
    return rows.length > 0 && rows.every((row) => row.includes(`Square 8×8, ${game.seats} players`));
  });
  await page.getByTestId("game").first().getByRole("link").click();
  await page.getByTestId("board").waitFor();
  assert.match(await page.getByTestId("game-result").innerText(), /^Seat \d won|^No winner|^Stopped/);
});

test("older games are a page away and back is the way back", async () => {
  await until("there is more than one page of games", async () => (await node.json("/api/v1/games?limit=30")).next !== null, kGamesDeadlineMs);
  const page = await open("#/games");
  await page.getByTestId("game").first().waitFor();
  await page.getByRole("link", { name: "Older games" }).click();
  await page.waitForURL(/before=/);
  await page.getByTestId("game").first().waitFor();
  await page.goBack();
  await page.waitForURL(/#\/games$/);
  await page.getByTestId("game").first().waitFor();
});

for (const { board, cells } of kBoards) {
  test(`the viewer draws ${board} as the position says, and steps by keys`, async () => {
    const { id, plies } = await gameOf(board);
    const page = await open(`#/games/${id}`);
    await page.getByTestId("board").waitFor();
    assert.equal(await page.getByTestId("board").locator("[data-cell]").count(), cells);
    await plyBecomes(page, plies); // a game opens at its end
    assert.match(await page.getByTestId("phase").innerText(), /Game over/);

    await page.keyboard.press("Home");
    await plyBecomes(page, 0);
    await page.getByText("Start of the game").waitFor();
    await page.keyboard.press("ArrowRight");
    await plyBecomes(page, 1);
    await page.getByTestId("now").getByText(/Seat 1 places/).waitFor();
    await page.keyboard.press("ArrowLeft");
    await plyBecomes(page, 0);
    await page.keyboard.press("]");
    await until("the next turn begins, more than one move on", async () => (await ply(page)) > 1);
    await page.keyboard.press("End");
    await plyBecomes(page, plies);

    // Two places in the game, one of them beyond the first window of positions where the game is long enough.
    for (const wanted of [Math.floor(plies / 3), Math.floor((2 * plies) / 3)]) {
      await page.getByTestId("ply").fill(String(wanted));
      await page.getByTestId("ply").press("Enter");
      await plyBecomes(page, wanted);
      const [text] = (await node.json(`/api/v1/games/${id}?from=${wanted}&count=1`)).positions.texts;
      await until("the position is there", async () => (await page.getByTestId("position-text").inputValue()) === text);
      assert.deepEqual(await piecesDrawn(page), piecesOf(text));
      await page.locator(`[data-ply="${wanted}"][aria-current]`).waitFor();
    }
  });
}

test("the seats' numbers are those of the position, against the goals of the rules", async () => {
  const { id, plies } = await gameOf("square8");
  const page = await open(`#/games/${id}/${plies}`);
  const [text] = (await node.json(`/api/v1/games/${id}?from=${plies}&count=1`)).positions.texts;
  const numbers = (letter) => text.split("|").find((part) => part.startsWith(`${letter} `)).slice(2).split(",");
  const seats = numbers("H").length;
  const goal = { 2: [18, 33], 3: [24, 22], 4: [30, 17] }[seats];
  await until("the final position is shown", async () => (await page.getByTestId("position-text").inputValue()) === text);
  for (let seat = 1; seat <= seats; seat += 1) {
    const row = page.getByTestId(`seat-${seat}`);
    assert.equal(await row.getByTestId("hand").innerText(), `${numbers("H")[seat - 1]} of 18`);
    assert.equal(await row.getByTestId("eliminated").innerText(), `${numbers("E")[seat - 1]} of ${goal[0]}`);
    assert.equal(await row.getByTestId("territory-count").innerText(), `${numbers("R")[seat - 1]} of ${goal[1]}`);
  }
});

test("space plays and stops, buttons and the list jump, and the address remembers the move", async () => {
  const { id, plies } = await gameOf("square8");
  const page = await open(`#/games/${id}/0`);
  await page.getByTestId("board").waitFor();
  await page.getByLabel("Playing speed").selectOption("Fast");
  await page.getByTestId("board").click();
  await page.keyboard.press("Space");
  await until("it plays", async () => (await ply(page)) >= 3);
  await page.keyboard.press("Space");
  await page.getByRole("button", { name: "Play", exact: true }).waitFor();
  await page.getByRole("button", { name: "First position" }).click();
  await plyBecomes(page, 0);
  await page.getByRole("button", { name: "One move on" }).click();
  await plyBecomes(page, 1);
  await page.locator('[data-ply="7"]').click();
  await plyBecomes(page, 7);
  await page.waitForURL(`**/#/games/${id}/7`);
  await page.reload();
  await page.getByTestId("board").waitFor();
  await plyBecomes(page, 7);
  await page.getByRole("button", { name: "Last position" }).click();
  await plyBecomes(page, plies);
});

test("the position can be copied", async () => {
  const { id } = await gameOf("square8");
  const page = await open(`#/games/${id}/5`, { permissions: ["clipboard-read", "clipboard-write"] });
  await page.getByTestId("board").waitFor();
  await page.getByText("Position as text").click();
  await page.getByRole("button", { name: "Copy position" }).click();
  await page.getByText("Copied.").waitFor();
  const [text] = (await node.json(`/api/v1/games/${id}?from=5&count=1`)).positions.texts;
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
});

test("everything can be reached and used with the keyboard alone", async () => {
  await gameOf("square8");
  const page = await open("#/");
  await page.getByTestId("figures").waitFor();
  const tabTo = async (name) => {
    await until(`the focus is on ${name}`, async () => {
      await page.keyboard.press("Tab");
      return name.test(await focusedName(page));
    });
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(outline, "none", `the focus on ${name} can be seen`);
  };
  await tabTo(/^Skip to content$/);
  await tabTo(/^Games$/);
  await page.keyboard.press("Enter");
  await page.getByTestId("game").first().waitFor();
  await tabTo(/^(Square|Small|Large).*players$/);
  await page.keyboard.press("Enter");
  await page.getByTestId("board").waitFor();
  await tabTo(/^Board\./);
  await page.keyboard.press("Shift+ArrowRight");
  await until("a cell is described", async () => /^-?\d+,-?\d+: /.test(await page.getByTestId("cell-words").innerText()));
  await page.keyboard.press("Home");
  await plyBecomes(page, 0);
  await tabTo(/^One move on$/);
  await page.keyboard.press("Space");
  await plyBecomes(page, 1);
});

test("every control and picture has a name, every page one main heading", async () => {
  const { id } = await gameOf("hexagonal");
  const page = await open("#/");
  for (const [hash, shown] of [["#/", "charts"], ["#/games", "game"], [`#/games/${id}`, "board"]]) {
    await opened.go(hash);
    await page.getByTestId(shown).first().waitFor();
    const tree = await page.locator("body").ariaSnapshot();
    assert.doesNotMatch(tree, /^\s*- (button|link|textbox|combobox|slider|checkbox|spinbutton|img|progressbar|meter)(:|$)/m, hash);
    assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, hash);
  }
});

test("the page follows the system's dark colours, and a choice outlives a reload", async () => {
  const page = await open("#/", { colorScheme: "dark" });
  await page.getByTestId("figures").waitFor();
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(await theme(), "dark");
  const dark = await ground();
  await page.getByRole("button", { name: "Use light colours" }).click();
  assert.equal(await theme(), "light");
  assert.notEqual(await ground(), dark);
  await page.reload();
  await page.getByTestId("figures").waitFor();
  assert.equal(await theme(), "light");
  await page.getByRole("button", { name: "Use dark colours" }).click();
  await page.emulateMedia({ colorScheme: "light" });
  await until("the page follows the system again", async () => (await theme()) === "light");
});

test("on a phone of 360 pixels no page scrolls sideways and every control is large enough to touch", async () => {
  const { id } = await gameOf("hexagonal");
  const page = await open("#/", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await page.getByTestId("figures").waitFor();
  assert.equal(await overflow(page), 0, "overview");
  await opened.go("#/games");
  await page.getByTestId("game").first().waitFor();
  assert.equal(await overflow(page), 0, "games");
  await opened.go(`#/games/${id}`);
  await page.getByTestId("board").waitFor();
  assert.equal(await overflow(page), 0, "viewer");
  const box = await page.getByTestId("board").boundingBox();
  assert.ok(box.width > 300 && box.width <= 360, `the board is ${box.width} wide`);
  for (const button of await page.locator(".controls button").all()) {
    const { width, height } = await button.boundingBox();
    assert.ok(width >= 40 && height >= 40, `${await button.getAttribute("aria-label")}: ${width} x ${height}`);
  }
});

test("when the node stops the last data stay under a banner, and when it is back the banner goes", async () => {
  await gameOf("square8");
  const page = await open("#/", { expected: /Failed to load resource/ });
  await page.getByTestId("figures").waitFor();
  await node.stop();
  await page.getByTestId("stale-banner").getByText("not answering").waitFor();
  assert.equal(await page.getByTestId("connection").innerText(), "Out of date");
  assert.equal(await page.getByTestId("configuration").count(), 12);
  await page.getByRole("link", { name: "Games", exact: true }).click();
  await page.getByRole("alert").getByText("The games could not be fetched").waitFor();
  await node.start();
  await page.getByTestId("stale-banner").waitFor({ state: "detached" });
  await page.getByTestId("game").first().waitFor();
});

test("meshzero ui logs the page in once, for this tab, and without leaving the code in the address", async () => {
  const login = new URL(node.loginAddress());
  const page = await open(login.hash);
  await page.getByTestId("log-out").waitFor();
  assert.equal(new URL(page.url()).hash, "#/");
  const token = await page.evaluate(() => sessionStorage.getItem("meshzero.session"));
  const who = () => fetch(`${node.url}/api/v1/session`, { headers: { authorization: `Bearer ${token}` } });
  assert.deepEqual(await (await who()).json(), { kind: "session", label: "page 1", scope: "admin" });
  await page.getByTestId("connection").getByText("Live").waitFor();

  await page.getByTestId("log-out").click();
  await until("the session has ended", async () => (await who()).status === 401);
  assert.equal(await page.evaluate(() => sessionStorage.getItem("meshzero.session")), null);
});

test("a code that was used says so, and the page is read as by any visitor", async () => {
  const login = new URL(node.loginAddress());
  await fetch(`${node.url}/api/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code: login.hash.slice("#code=".length) }),
  });
  const page = await open(login.hash, { expected: /403/ });
  await page.getByTestId("login-banner").waitFor();
  assert.equal(await page.getByTestId("log-out").count(), 0);
  await page.getByTestId("connection").getByText("Live").waitFor();
});

test("a login that the node has forgotten does not stand in the way", async () => {
  const page = await open("#/", { expected: /401/ });
  await page.evaluate(() => sessionStorage.setItem("meshzero.session", "MZS1-forgotten"));
  await page.reload();
  await page.getByTestId("connection").getByText("Live").waitFor();
  assert.equal(await page.getByTestId("log-out").count(), 0);
});
