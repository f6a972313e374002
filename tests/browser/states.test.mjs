// The page in states that a healthy node cannot be brought into on purpose. The node is of paper, the page is the built one.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { focusedName, launchBrowser, openPage, overflow, until } from "./harness.mjs";
import { candidate, healthyStatus, kMembers, pairingRequest, quietNetwork, startMockNode } from "./mock_node.mjs";

const kFailedRequest = /Failed to load resource/; // the browser's own remark on an error answer
const kGameId = "ab".repeat(32);
const kStart = "square8|N2|T1|ring_placement|S |M |C |H 18,18|E 0,0|R 0,0|X -|K -|Q -|L 0;.;0;0";

let browser;
let node;
let opened;

before(async () => (browser = await launchBrowser()));
after(() => browser?.close());
beforeEach(async () => (node = await startMockNode(process.env.MESHZERO_PAGE)));
afterEach(async () => {
  const last = opened;
  opened = null;
  try {
    await last?.close();
  } finally {
    await node.stop();
  }
});

async function open(hash, options) {
  opened = await openPage(browser, node.url, { expected: kFailedRequest, ...options });
  await opened.page.clock.install();
  await opened.go(hash);
  return opened.page;
}

/** Stops the page's clock, so that it does nothing by itself before the test presses a button. */
async function freeze(page, asks = "**/api/v1/status") {
  const answered = page.waitForResponse(asks); // the last request: one under way, or the one that the leap of the clock sets off
  await page.clock.pauseAt(Date.now() + 3_600_000);
  await answered;
}

function answerStatus(change) {
  node.answers.status = () => {
    const body = healthyStatus();
    change(body);
    return { status: 200, body };
  };
}

function oneGame(changes) {
  return {
    id: kGameId, game: "ringrift", board: "square8", seats: 2, engines: ["heuristic", "random"], winner: null, reason: "move_cap", plies: 2,
    capped: true, seed: "18446744073709551615", stored_at: Math.floor(Date.now() / 1000) - 90, ...changes,
  };
}

test("before the first answer the page says that it is waiting", async () => {
  node.answers.status = () => null; // never answered
  const page = await open("#/");
  await page.getByTestId("notice-loading").waitFor();
  assert.equal(await page.getByTestId("connection").innerText(), "Connecting");
});

test("an error answer is shown with the node's own sentence, and a retry recovers", async () => {
  node.answers.status = () => ({ status: 503, body: { error: { kind: "unavailable", text: "The store is being repaired." } } });
  const page = await open("#/");
  await page.getByRole("alert").getByText("The store is being repaired.").waitFor();
  assert.equal(await page.getByTestId("connection").innerText(), "No connection");
  await freeze(page);
  node.answers.status = () => ({ status: 200, body: healthyStatus() });
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("heading", { level: 1, name: "Playing" }).waitFor();
});

for (const [what, body] of [
  ["is cut off", '{"version":"0.1'],
  ["has another form", '{"workers":{}}'],
]) {
  test(`an answer that ${what} is an error and breaks nothing`, async () => {
    node.answers.status = () => ({ status: 200, body });
    const page = await open("#/");
    await page.getByRole("alert").getByText("The node's answer cannot be read").waitFor();
    await page.getByRole("link", { name: "Games" }).click();
    await page.getByRole("heading", { level: 1, name: "Games" }).waitFor();
  });
}

test("data that has gone stale stays on the page under a banner with its age", async () => {
  const page = await open("#/");
  await page.getByTestId("figures").waitFor();
  node.answers.status = () => ({ status: 500, body: "broken" });
  const banner = page.getByTestId("stale-banner");
  await banner.getByText("not answering").waitFor();
  assert.match(await banner.innerText(), /from (just now|\d+ s ago)/);
  assert.equal(await page.getByTestId("connection").innerText(), "Out of date");
  assert.equal(await page.getByTestId("configuration").count(), 12);
  await freeze(page);
  node.answers.status = () => ({ status: 200, body: healthyStatus() });
  await banner.getByRole("button", { name: "Try now" }).click();
  await banner.waitFor({ state: "detached" });
});

test("a hidden page asks for nothing and catches up when it is shown again", async () => {
  let asked = 0;
  node.answers.status = () => {
    asked += 1;
    return { status: 200, body: healthyStatus() };
  };
  const page = await open("#/");
  await page.getByTestId("figures").waitFor();
  const show = (visible) =>
    page.evaluate((seen) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => !seen });
      document.dispatchEvent(new Event("visibilitychange"));
    }, visible);
  await show(false);
  const before = asked;
  await page.clock.fastForward(60_000);
  assert.equal(asked, before);
  const answered = page.waitForResponse("**/api/v1/status");
  await show(true);
  await answered;
  assert.ok(asked > before);
});

test("problems are said in words: warnings, workers in trouble, and an account that does not balance", async () => {
  answerStatus((status) => {
    status.status = "degraded";
    status.alerts = [
      { level: "warn", text: "Less than 10 GB of disk space is free." },
      { level: "error", text: "Worker 1 crashed 5 times." },
    ];
    status.workers[0] = { ...status.workers[0], state: "backoff", configuration: null, restarts: 5, reason: "It crashed; next start in 16 s." };
    status.account = { played: 110, stored: 100, pending: 4 };
  });
  const page = await open("#/");
  await page.getByRole("heading", { level: 1, name: "Running with problems" }).waitFor();
  const alerts = await page.getByTestId("alerts").innerText();
  assert.match(alerts, /Warning: Less than 10 GB/);
  assert.match(alerts, /Error: Worker 1 crashed/);
  assert.match(await page.getByTestId("worker").innerText(), /Waiting to restart[\s\S]*next start in 16 s/);
  assert.match(await page.getByTestId("account").innerText(), /6 games unaccounted for/);
});

test("a node without workers, history or games says so", async () => {
  answerStatus((status) => {
    status.workers = [];
    status.history = { interval_s: 10, times: [], games_per_hour: [] };
  });
  const page = await open("#/");
  await page.getByText("No worker is running").waitFor();
  await page.getByText("The first point appears about 10 s after the start.").waitFor();
  await page.getByRole("link", { name: "Games", exact: true }).click();
  await page.getByText("No games yet").waitFor();
});

test("an empty choice is not the same as an empty node", async () => {
  const page = await open("#/games?board=hex8&seats=4");
  await page.getByText("No such game yet").waitFor();
  assert.equal(await page.getByLabel("Board").inputValue(), "hex8");
  assert.equal(await page.getByLabel("Players").inputValue(), "4");
});

test("a list that cannot be fetched is an error with a retry", async () => {
  node.answers.games = () => ({ status: 500, body: { error: { kind: "failed", text: "The index of games is damaged." } } });
  const page = await open("#/games");
  await page.getByRole("alert").getByText("The index of games is damaged.").waitFor();
  await freeze(page, "**/api/v1/games?*");
  node.answers.games = () => ({ status: 200, body: { games: [oneGame({})], next: null } });
  await page.getByRole("button", { name: "Try again" }).click();
  await page.clock.resume(); // what follows a click is drawn by the clock
  assert.match(await page.getByTestId("game").innerText(), /Stopped at the move limit/);
});

test("a game this node does not have is said to be missing", async () => {
  const page = await open(`#/games/${kGameId}`);
  await page.getByRole("alert").getByText("This node does not have that game").waitFor();
});

test("a game of another kind, and a position nobody can read, are shown as text and not guessed at", async () => {
  const answer = (game, text) => () => ({ status: 200, body: { ...game, options: {}, moves: [], positions: { from: 0, texts: [text] } } });
  node.answers.game = answer(oneGame({ game: "quoridor", plies: 0 }), "e2 e8");
  const page = await open(`#/games/${kGameId}`);
  await page.getByText("This page cannot draw quoridor yet.").waitFor();
  await page.getByText("e2 e8").waitFor();
  node.answers.game = answer(oneGame({ plies: 0 }), "square8|N2|T1|<img src=x>");
  await page.reload();
  await page.getByText("This position cannot be drawn").waitFor();
  assert.equal(await page.locator("main img").count(), 0);
});

test("a window of positions that fails keeps the board, says so, and can be fetched again", async () => {
  const moves = Array.from({ length: 300 }, () => "NP 1");
  let broken = false;
  node.answers.game = (url) => {
    const from = Number(url.searchParams.get("from"));
    const howMany = Math.min(Number(url.searchParams.get("count")), 301 - from);
    if (broken) return { status: 500, body: { error: { kind: "failed", text: "The segment is damaged." } } };
    return { status: 200, body: { ...oneGame({ plies: 300 }), options: {}, moves, positions: { from, texts: Array(howMany).fill(kStart) } } };
  };
  const page = await open(`#/games/${kGameId}/300`);
  await page.getByTestId("board").waitFor();
  broken = true;
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.getByRole("alert").getByText("The segment is damaged.").waitFor();
  await page.getByTestId("board").waitFor();
  broken = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("alert").waitFor({ state: "detached" });
  assert.equal(await page.getByTestId("ply").inputValue(), "1");
});

test("the last move is marked: where it began, what it jumped over, where it ended, and who must move", async () => {
  const moves = ["OC 1 0,0 2,0 4,0", "CL 1 0,1;0,2;0,3;0,4;0,5 0,1;0,2;0,3;0,4", "PR 2 5,5 2"];
  const after = (phase, toAct, must) =>
    `square8|N2|T${toAct}|${phase}|S 4,0:211 5,5:22|M 0,0:1|C 0,1:1|H 16,16|E 0,0|R 1,0|X ${must}|K -|Q a|L 0;.;0;0`;
  const texts = [kStart, after("line_processing", 1, "-"), after("territory_processing", 1, "-"), after("movement", 2, "5,5")];
  node.answers.game = (url) => {
    const from = Number(url.searchParams.get("from"));
    return { status: 200, body: { ...oneGame({ plies: 3 }), options: {}, moves, positions: { from, texts: texts.slice(from) } } };
  };
  const page = await open(`#/games/${kGameId}/1`);
  const marks = async () => (await page.locator("[data-highlight]").evaluateAll((all) => all.map((e) => e.getAttribute("data-highlight")))).sort();
  await page.getByTestId("last-move").waitFor();
  assert.deepEqual(await marks(), ["from 0,0", "target 2,0", "to 4,0"]);
  await page.keyboard.press("ArrowRight");
  await page.getByText("takes 4 of a line of 5").first().waitFor();
  await page.locator('[data-highlight="left 0,5"]').waitFor({ state: "attached" });
  assert.deepEqual(await marks(), ["left 0,5", "taken 0,1", "taken 0,2", "taken 0,3", "taken 0,4"]);
  await page.keyboard.press("ArrowRight");
  await page.locator('[data-highlight="must 5,5"]').waitFor({ state: "attached" });
  assert.deepEqual(await marks(), ["must 5,5", "to 5,5"]);
  assert.match(await page.getByTestId("phase").innerText(), /Seat 2 must move the stack at 5,5/);
});

test("long words and many workers do not make a phone scroll sideways", async () => {
  answerStatus((status) => {
    status.data_dir = `/var/lib/${"very-long-folder-name/".repeat(8)}`;
    status.name = "a-machine-with-a-rather-long-name.somewhere.example";
    status.workers = Array.from({ length: 16 }, (_, i) => ({ ...status.workers[0], id: i + 1, games_per_hour: 123456.7 }));
    for (const c of status.configurations) Object.assign(c, { games: 1234567, target: 2000000, games_per_hour: 123456 });
  });
  const page = await open("#/", { viewport: { width: 360, height: 740 } });
  await page.getByTestId("worker").nth(15).waitFor();
  assert.equal(await overflow(page), 0);
});

test("only the sign of waiting moves, and not for a reader who asked for less motion", async () => {
  node.answers.status = () => null;
  const page = await open("#/", { reducedMotion: "no-preference" });
  await page.getByTestId("notice-loading").waitFor();
  assert.equal(await page.evaluate(() => document.getAnimations().length), 1);
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
});

/** Events as a node would number them, from the texts. */
function answerEvents(epoch, events) {
  const at = Math.floor(Date.now() / 1000) - 100;
  const all = events.map((event, i) => ({ number: i + 1, at: at + i, kind: "member", level: "info", node: kMembers[1], text: `event ${i + 1}`, ...event }));
  node.answers.events = (url) => {
    const after = Number(url.searchParams.get("after"));
    const rest = all.filter((event) => event.number > after);
    return { status: 200, body: { epoch, events: rest.slice(0, 40), more: rest.length > 40 } };
  };
}

const eventTexts = async (page) => (await page.getByTestId("event").locator(".said").allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));

test("a partition is said with its time, with the other leader, and in the menu", async () => {
  const since = Math.floor(Date.now() / 1000) - 3600;
  answerStatus((status) => {
    status.partition = { leaders: 2, since, rivals: [{ node_id: kMembers[2], term: 6 }] };
  });
  const page = await open("#/cluster");
  const time = new Date(since * 1000).toTimeString().slice(0, 5);
  await page.getByRole("heading", { level: 1, name: `2 leaders, partition since ${time}` }).waitFor();
  const row = (id) => page.locator(`[data-testid="member"][data-node="${id}"]`);
  assert.match(await row(kMembers[1]).innerText(), /Leader/);
  assert.match(await row(kMembers[2]).innerText(), /Leader elsewhere, term 6/);
  await page.getByRole("link", { name: "Cluster needs attention" }).waitFor();
});

const onMap = (page, id) => page.locator(`[data-testid="map-machine"][data-node="${id}"]`);

test("the map shows the sides of a partition, each with its leader, and the cut between them", async () => {
  answerStatus((status) => {
    status.members[2].state = "dead";
    status.members[2].heard_at = status.now - 60;
    status.partition = { leaders: 2, since: status.now - 60, rivals: [{ node_id: kMembers[2], term: 6 }] };
  });
  const page = await open("#/cluster");
  await page.getByTestId("cut").waitFor({ state: "attached" });
  assert.equal(await onMap(page, kMembers[1]).getAttribute("data-side"), "here");
  assert.equal(await onMap(page, kMembers[2]).getAttribute("data-side"), "other");
  assert.equal(await onMap(page, kMembers[2]).getAttribute("aria-label"), "shelf, leader elsewhere, term 6, dead");
  assert.match(await page.getByTestId("map").textContent(), /This side, led by laptop[\s\S]*Other side, led by shelf/);
  assert.match(await page.getByTestId("map-summary").innerText(), /Partition since \d\d:\d\d\. laptop leads\. On the other side of the partition: shelf\./);
});

test("the map tells how each member is heard, and the one that is chosen says more", async () => {
  answerStatus((status) => {
    const [a, b, c] = status.members;
    status.members = [
      a,
      b,
      { ...c, state: "dead", heard_at: status.now - 300 },
      { ...c, node_id: "d".repeat(52), name: "desk", state: "suspect", heard_at: status.now - 4 },
      { ...c, node_id: "e".repeat(52), name: "far", heard_at: status.now - 40 },
      { ...c, node_id: "f".repeat(52), name: "gone", state: "left", left_because: "leave" },
    ];
  });
  const page = await open("#/cluster");
  await page.getByTestId("map-machine").nth(4).waitFor();
  const lines = await page.getByTestId("map-machine").evaluateAll((all) => all.map((e) => [e.getAttribute("aria-label"), e.getAttribute("data-line")]));
  assert.deepEqual(lines, [
    ["studio, this node, alive", "self"],
    ["desk, suspect", "silent"],
    ["far, alive", "relayed"],
    ["laptop, leader, alive", "heard"],
    ["shelf, dead", "lost"],
  ]);
  const said = /^laptop leads\. No contact: shelf\. Silent for a moment: desk\. Heard by the leader, not here: far\./;
  assert.match(await page.getByTestId("map-summary").innerText(), said);
  await onMap(page, kMembers[2]).click();
  await page.getByTestId("chosen").getByText("This node heard it last 5 min ago.").waitFor();
  await page.getByTestId("chosen").getByText(kMembers[2]).waitFor();
  await page.getByRole("link", { name: "What happened to it" }).click();
  await page.waitForURL(/#\/cluster\?node=ccccccc$/);
  await page.getByRole("button", { name: "Close the details of shelf" }).click();
  await page.getByTestId("chosen").waitFor({ state: "detached" });
});

test("the map is one stop of the keyboard, and arrow keys go about in it", async () => {
  const page = await open("#/cluster");
  await page.getByTestId("map-machine").nth(2).waitFor();
  assert.equal(await page.getByTestId("map").locator('[tabindex="0"]').count(), 1);
  await until("the focus is on the map", async () => {
    await page.keyboard.press("Tab");
    return (await focusedName(page)) === "studio, this node, alive";
  });
  await page.keyboard.press("ArrowRight");
  assert.equal(await focusedName(page), "laptop, leader, alive");
  await page.keyboard.press("End");
  assert.equal(await focusedName(page), "shelf, alive");
  await page.keyboard.press("Enter");
  await page.getByTestId("chosen").getByRole("heading", { name: /^shelf/ }).waitFor();
  assert.equal(await onMap(page, kMembers[2]).getAttribute("aria-selected"), "true");
  await page.keyboard.press("Home");
  assert.equal(await focusedName(page), "studio, this node, alive");
  await page.keyboard.press("Escape");
  await page.getByTestId("chosen").waitFor({ state: "detached" });
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Tab");
  assert.equal(await focusedName(page), "laptop, leader, alive", "the keyboard comes back to where it was");
});

test("fifty machines fit a desk and a phone: all on the map, no word cut off at its edge", async () => {
  answerStatus((status) => {
    const others = Array.from({ length: 47 }, (_, i) => ({
      ...status.members[2], node_id: `m${String(i).padStart(2, "0")}`.padEnd(52, "q"), name: `spot-worker-with-a-long-name-${i}.fleet.example.org`,
    }));
    status.members.push(...others);
  });
  for (const viewport of [{ width: 1280, height: 900 }, { width: 360, height: 740 }]) {
    const page = await open("#/cluster", { viewport });
    await page.getByTestId("map-machine").nth(49).waitFor();
    assert.equal(await overflow(page), 0);
    const outside = await page.getByTestId("map").evaluate((svg) => {
      const { left, right, top, bottom } = svg.getBoundingClientRect();
      const words = [...svg.querySelectorAll("text")].map((text) => [text.textContent, text.getBoundingClientRect()]);
      return words.filter(([, box]) => box.left < left || box.right > right || box.top < top || box.bottom > bottom).map(([word]) => word);
    });
    assert.deepEqual(outside, []);
    if (viewport.width > 1000) await opened.close();
  }
});

test("members that are silent, gone, put out or of another version are told apart by words", async () => {
  answerStatus((status) => {
    const [a, b, c] = status.members;
    status.members = [
      a,
      { ...b, state: "suspect", heard_at: status.now - 3, version: "0.0.9" },
      { ...c, state: "dead", heard_at: status.now - 300 },
      { ...c, node_id: "d".repeat(52), name: "lost", state: "left", left_because: "revoked" },
      { ...c, node_id: "e".repeat(52), name: "copy", state: "left", left_because: "cloned" },
      { ...c, node_id: "f".repeat(52), name: "", incarnation: 0, version: "", heard_at: null },
    ];
  });
  const page = await open("#/cluster");
  await page.getByRole("heading", { level: 1, name: "2 of 4 machines do not answer" }).waitFor();
  const rows = await page.getByTestId("member").allInnerTexts();
  assert.equal(rows.length, 6);
  const row = (name) => rows.find((text) => text.startsWith(name));
  assert.match(row("laptop"), /Suspect[\s\S]*0\.0\.9 other than here[\s\S]*3 s ago/);
  assert.match(row("shelf"), /Dead[\s\S]*5 min ago/);
  assert.match(row("lost"), /Left put out/);
  assert.match(row("copy"), /Left one identity on two machines/);
  assert.match(row("Not heard yet"), /never/);
  assert.deepEqual(rows.slice(-2).map((text) => text.slice(0, 4)), ["copy", "lost"], "who left comes last");
});

test("a frozen node says what to do", async () => {
  answerStatus((status) => {
    Object.assign(status, { role: "frozen", leader: null, ballot: null });
  });
  const page = await open("#/cluster");
  await page.getByRole("heading", { level: 1, name: "Frozen" }).waitFor();
  await page.getByTestId("frozen").getByText("meshzero identity reset").waitFor();
  assert.equal(await page.getByTestId("add-machine").count(), 0);
});

test("without a leader the page says what is missing", async () => {
  answerStatus((status) => {
    Object.assign(status, { role: "looking", policy: "majority", leader: null, ballot: null });
  });
  const page = await open("#/cluster");
  await page.getByRole("heading", { level: 1, name: "No leader" }).waitFor();
  await page.getByText("More than half of the voters must answer").waitFor();

  const etcd = { answers: false, silent_since: 1_700_000_000, why: "Nothing answers at etcd." };
  answerStatus((status) => {
    Object.assign(status, { role: "looking", policy: "etcd", etcd, leader: null, ballot: null });
  });
  const other = await open("#/cluster");
  await other.getByText(/etcd does not answer since .*Nothing answers at etcd/).waitFor();
  await other.getByText("whom an etcd outside of the cluster names").waitFor();
});

test("a node by itself shows the commands of the documentation, made for it", async () => {
  answerStatus((status) => {
    status.members = [{ ...status.members[0], addresses: ["127.0.0.1:8765"] }];
    status.leader = status.ballot.node_id = status.node_id;
    status.role = "leading";
  });
  const page = await open("#/cluster");
  await page.getByRole("heading", { level: 1, name: "A cluster of one" }).waitFor();
  const commands = await page.getByTestId("add-machine").locator("pre").allInnerTexts();
  assert.equal(commands.length, 2);
  const machines = readFileSync(new URL("../../docs/machines.md", import.meta.url), "utf8");
  for (const command of commands) assert.ok(machines.includes(`${command}\n`), command);
});

test("events that cannot be fetched are an error with a retry, and none is not an error", async () => {
  node.answers.events = () => ({ status: 503, body: { error: { kind: "failure", text: "The events are locked." } } });
  const page = await open("#/cluster");
  await page.getByRole("alert").getByText("The events are locked.").waitFor();
  await page.getByTestId("member").first().waitFor();
  await freeze(page, "**/api/v1/events?*");
  answerEvents("1", []);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.clock.resume();
  await page.getByText("Nothing has happened yet").waitFor();
});

test("events come in pages, newest first, older ones on request, and a new run of the node begins anew", async () => {
  answerEvents("1", Array.from({ length: 130 }, () => ({})));
  const page = await open("#/cluster");
  await page.getByTestId("event-count").getByText("130 events").waitFor();
  assert.equal((await eventTexts(page))[0], "event 130");
  assert.equal(await page.getByTestId("event").count(), 50);
  await page.getByRole("button", { name: "Show 50 older" }).click();
  await page.getByRole("button", { name: "Show 30 older" }).click();
  await page.getByTestId("event").nth(129).waitFor();
  answerEvents("2", [{ text: "begun anew" }]);
  await page.getByTestId("event-count").getByText("1 event", { exact: true }).waitFor();
  assert.deepEqual(await eventTexts(page), ["begun anew"]);
});

test("filters of events work together, live in the address, and say when nothing is left", async () => {
  answerEvents("1", [
    { kind: "leader", text: "laptop leads, term 1." },
    { kind: "token", node: null, text: "The join token abc was made." },
    { kind: "member", level: "error", node: kMembers[2], text: "shelf is taken for dead." },
    { kind: "leader", level: "warn", node: kMembers[2], text: "shelf leads now, term 2." },
  ]);
  const page = await open(`#/cluster?node=${"c".repeat(7)}&level=warn`);
  await page.getByTestId("event-count").getByText("2 of 4 events").waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Machine" }).inputValue(), kMembers[2]);
  assert.deepEqual(await eventTexts(page), ["Warning: shelf leads now, term 2.", "Error: shelf is taken for dead."]);
  await page.getByLabel("Level").selectOption("Errors");
  await page.waitForURL(/level=error/);
  await page.getByTestId("event-count").getByText("1 of 4 events").waitFor();
  await page.goBack();
  await page.getByTestId("event-count").getByText("2 of 4 events").waitFor();
  await page.getByLabel("Text").fill("TERM shelf");
  await page.getByTestId("event-count").getByText("1 of 4 events").waitFor();
  await page.waitForURL(/text=TERM\+shelf/);
  await page.getByLabel("Kind").selectOption("Token");
  await page.getByText("No such event").waitFor();
  await page.getByRole("link", { name: "Show all" }).click();
  await page.getByTestId("event-count").getByText("4 events", { exact: true }).waitFor();
  assert.equal(await page.getByLabel("Text").inputValue(), "");
  assert.equal(new URL(page.url()).hash, "#/cluster");
});

test("names and events from elsewhere are text, however long", async () => {
  answerStatus((status) => {
    status.members[1].name = `<img src=x onerror=alert(1)>${"long".repeat(40)}`;
    status.members[1].addresses = Array.from({ length: 8 }, (_, i) => `${"very-long-name.".repeat(8)}example:${i}`);
  });
  answerEvents("1", [{ text: `<b>${"x".repeat(400)}</b>`, level: "error" }]);
  const page = await open("#/cluster", { viewport: { width: 360, height: 740 } });
  await page.getByTestId("event").waitFor();
  assert.equal(await page.locator("main img, main b").count(), 0);
  assert.equal(await overflow(page), 0);
});

test("a node without a cluster says so", async () => {
  answerStatus((status) => {
    delete status.members;
  });
  const page = await open("#/cluster");
  await page.getByText("This node takes no part in a cluster yet").waitFor();
});

function answerDiscovery(change) {
  node.answers.discovery = () => {
    const body = quietNetwork();
    change(body);
    return { status: 200, body };
  };
}

const answerPairing = (...requests) => (node.answers.pairing = () => ({ status: 200, body: { open: true, requests } }));

test("what the network shows is listed with the reason why each machine is no member, and drawn", async () => {
  answerDiscovery((seen) => {
    seen.candidates.push(
      candidate({ address: "192.0.2.77:8765", name: "kitchen", node_id: "q".repeat(16), state: "other_cluster", reason: "It belongs to another cluster." }),
      candidate({ address: "[2001:db8::77]:8765", name: "kitchen", node_id: "q".repeat(16), state: "other_cluster", reason: "It belongs to another cluster." }),
      candidate({ address: "192.0.2.78:8765", sources: ["static", "exchanged"], state: "unreachable", reason: "Nothing answers there.", failures: 4 }),
      candidate({ address: "10.0.0.3:8765", node_id: kMembers[2], sources: ["exchanged"], reason: "A member that is reached elsewhere is said to be there." }),
    );
  });
  const page = await open("#/cluster");
  const panel = page.getByTestId("discovery");
  await panel.getByText("The Avahi daemon runs").waitFor();
  assert.equal((await page.getByTestId("discovery-state").innerText()).split("\n")[0].trim(), "Looking for machines by Avahi");
  assert.equal(await page.getByTestId("advert").innerText(), `studio at port 8765, cluster ${"k".repeat(16)}, open to pairing`);
  const rows = (await panel.getByTestId("candidate").filter({ visible: true }).allInnerTexts()).map((text) => text.replaceAll(/\s+/g, " "));
  assert.equal(rows.length, 3);
  assert.match(rows[0], /^192\.0\.2\.78:8765 No answer Nothing answers there\. 4 attempts in vain\. named by you, told by a member never/);
  assert.match(rows[1], /^kitchen qqqqqqq .*Other cluster It belongs to another cluster\. seen on the network never/);
  const outside = page.locator('[data-testid="map-machine"][data-side="outside"]');
  await outside.nth(1).waitFor();
  assert.deepEqual(await outside.evaluateAll((all) => all.map((e) => e.getAttribute("aria-label"))), [
    "192.0.2.78:8765, not a member, no answer",
    "kitchen, not a member, other cluster",
  ]);
  await outside.nth(1).click();
  await page.getByTestId("chosen").getByText("192.0.2.77:8765, [2001:db8::77]:8765").waitFor();
  await page.getByTestId("chosen").getByText("It belongs to another cluster.").waitFor();
  await panel.getByText("4 addresses of members and of this node").click();
  await panel.locator('[data-state="self"]').getByText("This node.").waitFor();
  await panel.locator('[data-address="10.0.0.3:8765"]').getByText("Not tried").waitFor();
});

test("a node that cannot look for others says why, and what it does not know is not shown as nothing", async () => {
  answerDiscovery((seen) => {
    Object.assign(seen, { advert: null, candidates: [] });
    seen.discovery = { state: "unavailable", backend: "avahi", text: "The Avahi daemon does not run: `sudo systemctl start avahi-daemon`.", since: 0 };
  });
  const page = await open("#/cluster");
  await page.getByTestId("nobody-seen").waitFor();
  assert.match(await page.getByTestId("discovery-state").innerText(), /^\s*Not available by Avahi\s+The Avahi daemon does not run/);
  await page.getByTestId("discovery").locator("code", { hasText: "sudo systemctl start avahi-daemon" }).waitFor();
  assert.match(await page.getByTestId("advert").innerText(), /^Nothing/);
  node.answers.discovery = () => ({ status: 503, body: { error: { kind: "failure", text: "Discovery is still starting." } } });
  await page.reload();
  await page.getByTestId("discovery").getByRole("alert").getByText("Discovery is still starting.").waitFor();
  assert.equal(await page.getByTestId("nobody-seen").count(), 0);
});

test("a machine that asks to join is announced on every part, and a person confirms with the digits of the other one", async () => {
  answerPairing(pairingRequest());
  for (const part of ["#/", "#/games", "#/nowhere"]) {
    const elsewhere = await open(part);
    await elsewhere.getByTestId("pairing-notice").getByText("attic wants to join this cluster.").waitFor();
    if (part !== "#/nowhere") await opened.close();
  }
  const { page } = opened;
  assert.match(await page.title(), /^\(1\) /);
  await page.getByRole("link", { name: "Look at it" }).click();
  const request = page.getByTestId("pairing-request");
  assert.equal(await request.getByTestId("digits").innerText(), "482 913");
  assert.equal(await page.getByTestId("pairing-notice").count(), 0, "the panel itself is the notice here");
  const confirm = request.getByRole("button", { name: "Confirm" });
  await request.getByLabel("Digits that attic shows").fill("48291");
  await confirm.click();
  await request.getByRole("alert").getByText("Type the six digits that attic shows.").waitFor();
  assert.deepEqual(node.posted, []);
  node.answers.post = () => ({ status: 403, body: { error: { kind: "refused", text: "These are not the digits shown here. Do not go on: refuse." } } });
  await request.getByLabel("Digits that attic shows").fill("111 222");
  await confirm.click();
  await request.getByRole("alert").getByText("These are not the digits shown here.").waitFor();
  node.answers.post = () => {
    answerPairing(pairingRequest({ state: "confirmed_here" }));
    return { status: 200, body: {} };
  };
  await request.getByLabel("Digits that attic shows").fill("482 913");
  await page.keyboard.press("Enter");
  await request.getByText("Now confirm on attic.").waitFor();
  assert.deepEqual(node.posted, ["111222", "482913"].map((digits) => ({ path: "/api/v1/pairing/r1/confirm", type: "application/json", body: { digits } })));
  assert.equal(await request.getByLabel("Digits that attic shows").count(), 0);
  assert.deepEqual(await request.locator("[data-confirmed=true]").allInnerTexts().then((all) => all.map((text) => text.trim())), ["paper, here: confirmed"]);
  answerPairing(pairingRequest({ state: "done", text: "attic is a member now." }));
  await page.getByTestId("pairing-ended").getByText("attic is a member now.").waitFor();
  assert.doesNotMatch(await page.title(), /^\(/);
});

test("every state of a request is said, and a refusal reaches the node", async () => {
  answerPairing(
    pairingRequest({ id: "a1", direction: "out", name: "studio2", state: "confirmed_there" }),
    pairingRequest({ id: "a2", state: "refused", text: "It was refused there." }),
    pairingRequest({ id: "a3", state: "expired", text: "Ten minutes are over." }),
    pairingRequest({ id: "a4", state: "failed", text: "The connection broke." }),
  );
  const page = await open("#/cluster");
  const request = page.locator('[data-testid="pairing-request"][data-id="a1"]');
  await request.getByRole("heading", { name: "This machine asks to join the cluster of studio2" }).waitFor();
  assert.deepEqual((await request.locator("[data-confirmed=true]").allInnerTexts()).map((text) => text.trim()), ["studio2: confirmed"]);
  const ended = (await page.getByTestId("pairing-ended").allInnerTexts()).map((text) => text.trim().replaceAll(/\s+/g, " "));
  assert.deepEqual(ended.map((text) => text.replace(/\d+ s ago/, "n s ago")), [
    "Refused attic, n s ago. It was refused there.",
    "Expired attic, n s ago. Ten minutes are over.",
    "Failed attic, n s ago. The connection broke.",
  ]);
  await request.getByRole("button", { name: "Refuse" }).click();
  await until("the refusal is posted", () => node.posted.length > 0);
  assert.deepEqual(node.posted, [{ path: "/api/v1/pairing/a1/refuse", type: undefined, body: null }]);
});

test("a machine without a screen is approved by its id and by no other", async () => {
  const id = "4k2lq7a3bcdefghi".padEnd(52, "z");
  answerPairing(pairingRequest({ kind: "approval", digits: null, name: "cellar", node_id: id }));
  const page = await open("#/cluster");
  const request = page.getByTestId("pairing-request");
  assert.equal(await request.getByTestId("whole-id").textContent(), id);
  const approve = request.getByRole("button", { name: "Approve" });
  const field = request.getByLabel("Id that cellar prints");
  await field.fill(id.slice(0, 15));
  await approve.click();
  await request.getByRole("alert").getByText("at least the first 16 characters").waitFor();
  await field.fill("a".repeat(52));
  await approve.click();
  await request.getByRole("alert").getByText("not the id of the machine that asks").waitFor();
  assert.deepEqual(node.posted, []);
  await field.fill(id.slice(0, 16));
  await approve.click();
  await until("the approval is posted", () => node.posted.length > 0);
  assert.deepEqual(node.posted, [{ path: "/api/v1/approvals", type: "application/json", body: { node_id: id } }]);
});

for (const [who, scope, words] of [
  ["a visitor", "none", "Only who is logged in may decide."],
  ["a login that may only look", "read", "This login may only look"],
]) {
  test(`${who} sees who asks, and why not to decide`, async () => {
    node.answers.session = () => ({ status: 200, body: { kind: scope === "none" ? "stranger" : "session", scope, label: "" } });
    answerPairing(pairingRequest());
    const page = await open("#/cluster");
    const request = page.getByTestId("pairing-request");
    await request.getByTestId("why-not").getByText(words).waitFor();
    assert.equal(await request.getByTestId("digits").innerText(), "482 913");
    assert.equal(await request.getByRole("button").count(), 0);
    assert.equal(await request.getByRole("textbox").count(), 0);
  });
}

test("a node alone asks a machine at an address, and what stands against it is said", async () => {
  answerStatus((status) => {
    status.members = [status.members[0]];
    status.leader = status.ballot.node_id = status.node_id;
    status.role = "leading";
  });
  const page = await open("#/cluster");
  const form = page.getByTestId("pair-form");
  await form.getByRole("button", { name: "Ask to pair" }).click();
  await form.getByRole("alert").getByText("Type the address of the other machine").waitFor();
  node.answers.post = () => ({ status: 502, body: { error: { kind: "unreachable", text: "Nothing answers at attic.local:8765." } } });
  await form.getByLabel("Address of the other machine").fill(" attic.local:8765 ");
  await page.keyboard.press("Enter");
  await form.getByRole("alert").getByText("Nothing answers at attic.local:8765.").waitFor();
  assert.deepEqual(node.posted, [{ path: "/api/v1/pairing", type: "application/json", body: { peer: "attic.local:8765" } }]);
});

test("a login that has ended while one decides is said, and the buttons go", async () => {
  answerPairing(pairingRequest());
  opened = await openPage(browser, node.url, { expected: kFailedRequest });
  const { page } = opened;
  await page.addInitScript(() => sessionStorage.setItem("meshzero.session", "old"));
  await opened.go("#/cluster");
  const request = page.getByTestId("pairing-request");
  await request.getByLabel("Digits that attic shows").fill("482913");
  node.answers.post = () => ({ status: 401, body: { error: { kind: "unauthorized", text: "Who are you?" } } });
  node.answers.session = () => ({ status: 200, body: { kind: "stranger", scope: "none", label: "" } });
  await request.getByRole("button", { name: "Confirm" }).click();
  await request.getByTestId("why-not").getByText("Only who is logged in may decide.").waitFor();
  assert.equal(await request.getByRole("button").count(), 0);
});

test("words of other machines are text, however long, on the map and in requests", async () => {
  const name = `<img src=x onerror=alert(1)>${"long".repeat(40)}`;
  answerPairing(
    pairingRequest({ name, text: `<b>${"x".repeat(300)}</b>` }),
    pairingRequest({ id: "r2", kind: "approval", digits: null, name, address: `${"very-long-name.".repeat(8)}example:1` }),
    pairingRequest({ id: "r3", state: "failed", name, text: "<i>no</i>" }),
  );
  answerDiscovery((seen) => {
    seen.advert.instance = name;
    seen.candidates.push(...Array.from({ length: 60 }, (_, i) => candidate({ name, address: `${"very-long-name.".repeat(8)}example:${i}`, reason: `<b>${"y".repeat(300)}</b>` })));
  });
  const page = await open("#/cluster", { viewport: { width: 360, height: 740 } });
  await page.getByTestId("candidate").nth(59).waitFor();
  await page.getByTestId("pairing-ended").waitFor();
  assert.equal(await page.locator("main img, main b, main i").count(), 0);
  assert.equal(await overflow(page), 0);
  await page.getByText("Add a machine").click();
  assert.equal(await overflow(page), 0);
  await page.locator('[data-testid="map-machine"][data-side="outside"]').first().click();
  await page.getByTestId("chosen").waitFor();
  assert.equal(await overflow(page), 0);
});
