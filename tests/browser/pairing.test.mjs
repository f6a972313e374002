// Two machines that become one cluster by their pages alone: a person asks on one, compares, and confirms on both.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { launchBrowser, Node, openPage, until } from "./harness.mjs";

const kFlags = ["--workers", "0", "--disk-floor-gb", "0"];
const kRefusedRequest = /Failed to load resource: the server responded with a status of 4/; // the browser's remark on a refusal

let browser;
let older;
let younger;
const opened = [];

async function addNode() {
  const node = await Node.create();
  await node.start(...kFlags);
  node.id = (await node.json("/api/v1/status")).node_id;
  return node;
}

before(async () => {
  older = await addNode();
  younger = await addNode();
  browser = await launchBrowser();
});

afterEach(async () => {
  for (const page of opened.splice(0)) await page.close();
});

after(async () => {
  await browser?.close();
  for (const node of [older, younger]) {
    await node?.stop();
    node?.remove();
  }
});

/** The page of a node, logged in as its own user, or not. */
async function open(node, hash, { loggedIn = true } = {}) {
  const login = loggedIn ? node.loginAddress() : null;
  const at = await openPage(browser, login ? new URL(login).origin : node.url, { expected: kRefusedRequest });
  opened.push(at);
  if (login) {
    await at.page.goto(login);
    await at.page.getByTestId("log-out").waitFor();
  }
  await at.go(hash);
  return at.page;
}

const digits = async (page) => (await page.getByTestId("digits").innerText()).trim();

/** The younger node asks the older one on its page; the pages of both, with the request on them. */
async function ask() {
  const asking = await open(younger, "#/cluster");
  await asking.getByRole("heading", { level: 1, name: "A cluster of one" }).waitFor();
  await asking.getByLabel("Address of the other machine").fill(`127.0.0.1:${older.port}`);
  await asking.getByRole("button", { name: "Ask to pair" }).click();
  await asking.getByTestId("pairing-request").waitFor();
  const asked = await open(older, "#/games");
  await asked.getByTestId("pairing-notice").getByText("wants to join this cluster").waitFor();
  await asked.getByRole("link", { name: "Look at it" }).click();
  await asked.getByTestId("pairing-request").waitFor();
  assert.match(await digits(asking), /^\d{3} \d{3}$/);
  assert.equal(await digits(asked), await digits(asking), "both machines show the same digits");
  return { asking, asked };
}

async function confirm(page, typed) {
  await page.getByLabel(/^Digits that .* shows$/).fill(typed);
  await page.getByRole("button", { name: "Confirm" }).click();
}

test("whoever only looks sees the request and cannot decide; wrong digits and a refusal join nobody", async () => {
  const { asking, asked } = await ask();
  const visitor = await open(older, "#/cluster", { loggedIn: false });
  await visitor.getByTestId("pairing-request").getByTestId("why-not").getByText("Only who is logged in may decide.").waitFor();
  const { requests } = await older.json("/api/v1/pairing");
  const answer = await visitor.evaluate(
    async ({ id, right }) =>
      (await fetch(`/api/v1/pairing/${id}/confirm`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ digits: right }) })).status,
    { id: requests[0].id, right: requests[0].digits },
  );
  assert.equal(answer, 401, "the node itself takes it from nobody else");

  const right = (await digits(asked)).replace(" ", "");
  const wrong = String((Number(right) + 1) % 1_000_000).padStart(6, "0");
  await confirm(asked, wrong);
  await until("the node's sentence is shown", async () => /\S/.test(await asked.getByTestId("pairing-request").getByRole("alert").innerText()));
  await asked.getByRole("button", { name: "Refuse" }).click();
  for (const page of [asked, asking]) await page.locator('[data-testid="pairing-ended"][data-state="refused"]').waitFor();
  for (const node of [older, younger]) assert.equal((await node.json("/api/v1/status")).members.length, 1);
});

test("after the digits are typed on both, the two are one cluster, on both pages and on the map", async () => {
  const { asking, asked } = await ask();
  await confirm(asked, await digits(asking));
  await asked.getByText("Now confirm on").waitFor();
  await asking.locator("[data-confirmed=true]").waitFor();
  assert.equal((await younger.json("/api/v1/status")).members.length, 1, "nothing is joined before the person here has confirmed");
  await confirm(asking, await digits(asked));
  for (const page of [asked, asking]) {
    await page.getByRole("heading", { level: 1, name: "2 machines, one leader" }).waitFor();
    await page.locator('[data-testid="map-machine"][data-line="heard"]').waitFor();
    await page.locator('[data-testid="pairing-ended"][data-state="done"]').first().waitFor();
  }
  const [mine, theirs] = await Promise.all([older, younger].map((node) => node.json("/api/v1/status")));
  assert.equal(mine.leader, theirs.leader);
  assert.deepEqual(mine.members.map(({ node_id: id }) => id).sort(), [older.id, younger.id].sort());
  await asked.locator('[data-testid="event"][data-kind="pairing"]').first().waitFor();
});
