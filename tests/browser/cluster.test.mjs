// The cluster on the page, through real nodes: machines join, the leader is killed, leadership is handed over, while one looks.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { focusedName, launchBrowser, Node, openPage, overflow, until } from "./harness.mjs";

const kFlags = ["--workers", "0", "--disk-floor-gb", "0"];

let browser;
let opened;
const nodes = [];

async function addNode(...flags) {
  const node = await Node.create();
  nodes.push(node);
  await node.start(...kFlags, ...flags);
  node.id = (await node.json("/api/v1/status")).node_id;
  return node;
}

/** Another node, taken in by the first one. */
function join() {
  const { token } = nodes[0].command("token", "create", "--role", "node");
  return addNode("--join", token, "--peer", `127.0.0.1:${nodes[0].port}`);
}

before(async () => {
  await addNode();
  browser = await launchBrowser();
});

afterEach(async () => {
  const last = opened;
  opened = null;
  await last?.close();
});

after(async () => {
  await browser?.close();
  for (const node of nodes) {
    await node.stop();
    node.remove();
  }
});

async function open(node, hash, options) {
  opened = await openPage(browser, node.url, options);
  await opened.go(hash);
  return opened.page;
}

const member = (page, node) => page.locator(`[data-testid="member"][data-node="${node.id}"]`);
const onMap = (page, node) => page.locator(`[data-testid="map-machine"][data-node="${node.id}"]`);
const leaderShown = (page) => page.getByTestId("leader").getAttribute("data-leader");
const term = async (page) => Number((await page.getByTestId("ballot").innerText()).match(/Term (\d+)/)?.[1] ?? 0);
const events = (page) => page.getByTestId("event").locator(".said").allInnerTexts();

/** The running nodes, once they all follow one of them and call each other alive; that one first. */
async function agreed() {
  const running = nodes.filter((node) => node.child);
  const leader = await until("all nodes follow one of them", async () => {
    const all = await Promise.all(running.map((node) => node.json("/api/v1/status")));
    const alive = all.every(({ members }) => running.every(({ id }) => members.some((m) => m.node_id === id && m.state === "alive")));
    return alive && all.every((status) => status.leader === all[0].leader) && running.find(({ id }) => id === all[0].leader);
  });
  return [leader, ...running.filter((node) => node !== leader)];
}

test("a node alone shows how to add a machine, and shows the machine when it has joined", async () => {
  const page = await open(nodes[0], "#/cluster");
  await page.getByRole("heading", { level: 1, name: "A cluster of one" }).waitFor();
  const commands = await page.getByTestId("add-machine").locator("pre").allInnerTexts();
  assert.equal(commands[0], "meshzero token create --role node");
  assert.match(commands[1], new RegExp(`^meshzero up --join @\\S+\\.token --peer \\S+:${nodes[0].port}$`));
  const second = await join();
  await member(page, second).and(page.locator('[data-state="alive"]')).waitFor();
  await page.getByRole("heading", { level: 1, name: "2 machines, one leader" }).waitFor();
  await until("the event is shown", async () => (await events(page)).some((text) => text.includes(`(${second.id.slice(0, 7)}) is a member now`)));
});

test("members and leader are those of status --json, on the page of every node", async () => {
  await join();
  for (const node of await agreed()) {
    const status = node.command("status");
    const page = await open(node, "#/cluster");
    await page.getByRole("heading", { level: 1, name: "3 machines, one leader" }).waitFor();
    assert.equal(await leaderShown(page), status.leader);
    assert.equal(await term(page), status.ballot.term);
    await page.getByTestId("map-machine").nth(2).waitFor();
    const drawn = await page.getByTestId("map-machine").evaluateAll((all) => all.map((e) => [e.getAttribute("data-node"), e.getAttribute("aria-label")]));
    assert.deepEqual(drawn.map(([id]) => id).sort(), status.members.map(({ node_id: id }) => id).sort());
    for (const [id, label] of drawn) assert.equal(/, leader,/.test(label), id === status.leader, label);
    for (const { node_id: id, name, roles, version, addresses } of status.members) {
      const row = await page.locator(`[data-testid="member"][data-node="${id}"]`).innerText();
      for (const text of [name, id.slice(0, 7), roles.join(", "), version, addresses[0]]) assert.ok(row.includes(text), `${text} in ${row}`);
      assert.equal(/\bLeader\b/.test(row), id === status.leader);
      assert.equal(row.includes("This node"), id === node.id);
      assert.match(row, id === node.id ? /–\s*$/ : /(just now|\d+ s ago)\s*$/);
    }
    await opened.close();
    opened = null;
  }
});

test("when the leader is killed the page shows the next one, a higher term and the dead machine, without a reload", async () => {
  const [leader, witness] = await agreed();
  const page = await open(witness, "#/cluster");
  await until("the leader is shown", async () => (await leaderShown(page)) === leader.id);
  const before = await term(page);
  await leader.killHard();
  await member(page, leader).and(page.locator('[data-state="dead"]')).waitFor();
  await onMap(page, leader).and(page.locator('[data-line="lost"]')).waitFor();
  const next = await until("another leader is shown", async () => {
    const id = await leaderShown(page);
    return id !== "" && id !== leader.id && id;
  });
  assert.ok(nodes.some((node) => node.child && node.id === next), "the new leader runs");
  assert.ok((await term(page)) > before);
  await page.getByRole("heading", { level: 1, name: "1 of 3 machines does not answer" }).waitFor();
  await page.getByRole("link", { name: "Cluster needs attention" }).waitFor();
  await until("the events tell it", async () => {
    const texts = await events(page);
    return texts.some((text) => text.includes(`(${next.slice(0, 7)}) leads now`)) && texts.some((text) => text.includes("is taken for dead"));
  });
  await leader.start(...kFlags);
  await member(page, leader).and(page.locator('[data-state="alive"]')).waitFor();
  await page.getByRole("heading", { level: 1, name: "3 machines, one leader" }).waitFor();
  await onMap(page, leader).and(page.locator('[data-line="heard"]')).waitFor();
});

test("a leader that stops hands over, and the events of before are still there after a restart", async () => {
  const [leader, witness] = await agreed();
  const page = await open(witness, "#/cluster?kind=leader");
  await until("the leader is shown", async () => (await leaderShown(page)) === leader.id);
  await leader.stop();
  await until("the hand-over is told", async () => (await events(page))[0]?.includes("handed leadership over"));
  await leader.start(...kFlags);
  await agreed();
  const remembered = await open(leader, "#/cluster?text=is+a+member+now");
  await until("the event from before its restart is shown", async () => (await events(remembered)).length > 0);
  await page.context().close();
});

test("events are filtered with the keyboard alone, and the address keeps the choice", async () => {
  const page = await open(nodes[0], "#/cluster");
  await page.getByTestId("event").first().waitFor();
  const tabTo = (name) =>
    until(`the focus is on ${name}`, async () => {
      await page.keyboard.press("Tab");
      return page.evaluate((label) => document.activeElement?.closest("label")?.textContent?.startsWith(label), name);
    });
  await tabTo("Kind");
  await page.keyboard.type("Tok");
  await page.waitForURL(/#\/cluster\?kind=token$/);
  await until("only tokens are shown", async () => {
    const kinds = await page.getByTestId("event").evaluateAll((rows) => rows.map((row) => row.getAttribute("data-kind")));
    return kinds.length > 0 && kinds.every((kind) => kind === "token");
  });
  await tabTo("Text");
  await page.keyboard.type("was made");
  await page.waitForURL(/text=was\+made/);
  const made = await events(page);
  assert.ok(made.length >= 2 && made.every((text) => /^The join token \S+ was made for 1 machine/.test(text)), made.join("\n"));
  await page.reload();
  await until("the same events are shown again", async () => (await events(page)).join() === made.join());
  assert.equal(await page.getByLabel("Kind").inputValue(), "token");
  assert.equal(await page.getByLabel("Text").inputValue(), "was made");
  await until("the focus is on the way back", async () => {
    await page.keyboard.press("Tab");
    return (await focusedName(page)) === "Show all";
  });
  await page.keyboard.press("Enter");
  await until("everything is shown", async () => (await events(page)).length > made.length);
});

test("every control has a name, there is one main heading, and a phone does not scroll sideways", async () => {
  const page = await open(nodes[0], "#/cluster", { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  await page.getByTestId("event").first().waitFor();
  const tree = await page.locator("body").ariaSnapshot();
  assert.doesNotMatch(tree, /^\s*- (button|link|textbox|searchbox|combobox|img)(:|$)/m);
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
  assert.equal(await overflow(page), 0);
  await page.getByText("Add a machine").click();
  await page.getByTestId("add-machine").waitFor();
  assert.equal(await overflow(page), 0);
});
