// Waits until the part Cluster of a node's page shows what it should; fails with what it shows instead:
//   node tests/browser/page_shows.mjs ORIGIN '{"title": "...", "leader": ID, "lines": {ID: "heard"}, "event": "..."}'
// For tests that cannot be written here because the node lives on a network of its own: they run this beside it.
//   title   words of the main heading    leader   whom the page says leads
//   lines   on the map, by node          event    words of one event of the kind `partition`
import { launchBrowser, openPage, until } from "./harness.mjs";

const [origin, text] = process.argv.slice(2);
if (!text) {
  console.error("usage: node tests/browser/page_shows.mjs ORIGIN EXPECTATION");
  process.exit(2);
}
const wanted = JSON.parse(text);
const browser = await launchBrowser();
try {
  const { page, go, close } = await openPage(browser, origin);
  await go("#/cluster");
  let shown = {};
  const look = async () => {
    const marks = page.getByTestId("map-machine");
    shown = {
      title: await page.getByRole("heading", { level: 1 }).innerText(),
      leader: await page.getByTestId("leader").getAttribute("data-leader"),
      lines: Object.fromEntries(await marks.evaluateAll((all) => all.map((e) => [e.getAttribute("data-node"), e.getAttribute("data-line")]))),
      events: await page.locator('[data-testid="event"][data-kind="partition"] .said').allInnerTexts(),
    };
    return (
      (wanted.title === undefined || shown.title.includes(wanted.title)) &&
      (wanted.leader === undefined || shown.leader === wanted.leader) &&
      Object.entries(wanted.lines ?? {}).every(([id, line]) => shown.lines[id] === line) &&
      (wanted.event === undefined || shown.events.some((said) => said.includes(wanted.event)))
    );
  };
  await until("the page shows what it should", look).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(shown, null, 1)}`);
  });
  await close();
} finally {
  await browser.close();
}
