// `meshzero selfplay --out s3://BUCKET/KEY`: the real binary against a service that checks every signature by itself.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { FakeS3, kKeyId, kRegion, kSecret } from "./fake_s3.mjs";

const kUsage = 2;
const kNotFound = 3;
const kRefused = 4;
const kUnreachable = 5;
const kMiB = 1 << 20;
const kEndsWithinMs = 5000; // of a signal
const kPauseMs = 3200; // before the sixth attempt

// Quick games, and enough positions for two parts and a rest.
const kQuick = ["--engine", "random", "--board", "hex8", "--seed", "3", "--threads", "2", "--max-moves", "40"];
const kLarge = ["--engine", "random", "--board", "square8", "--seed", "5", "--threads", "2", "--games", "300"];

let scratch;
let large; // the bytes that kLarge gives in .jsonl

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");
const isPut = (request) => request.method === "PUT";

function folder() {
  return mkdtempSync(join(scratch, "run-"));
}

/** The program in a folder of its own, with the settings of the service. */
class Run {
  constructor(service, words, { cwd = folder(), env = {} } = {}) {
    const settings = { AWS_ACCESS_KEY_ID: kKeyId, AWS_SECRET_ACCESS_KEY: kSecret, AWS_REGION: kRegion, AWS_ENDPOINT_URL: service?.url, ...env };
    const given = Object.fromEntries(Object.entries({ PATH: process.env.PATH, HOME: scratch, ...settings }).filter(([, value]) => value !== undefined));
    this.cwd = cwd;
    this.out = "";
    this.err = "";
    this.process = spawn(process.env.MESHZERO_BINARY, ["selfplay", ...words], { cwd, env: given });
    this.process.stdout.on("data", (bytes) => (this.out += bytes));
    this.process.stderr.on("data", (bytes) => (this.err += bytes));
    this.ended = new Promise((end) => this.process.on("close", (code) => end(Object.assign(this, { code }))));
  }

  /** Resolves when a line on stderr holds `text`. */
  says(text) {
    return new Promise((said) => {
      const look = () => this.err.includes(text) && said();
      this.process.stderr.on("data", look);
      look();
    });
  }

  files() {
    return readdirSync(this.cwd).sort();
  }

  expect(code) {
    assert.equal(this.code, code, this.err + this.out);
    for (const text of [this.out, this.err]) assert.ok(!text.includes(kSecret), "the secret is told");
    return this;
  }
}

const run = (...given) => new Run(...given).ended;

/** What the same games give in a file of this computer. */
async function local(name, words) {
  const done = (await run(undefined, [...words, "--out", name])).expect(0);
  return readFileSync(join(done.cwd, name));
}

function withService(what, body, options) {
  test(what, async () => {
    const service = await FakeS3.start(options);
    try {
      await body(service);
    } finally {
      await service.stop();
    }
  });
}

before(async () => {
  scratch = mkdtempSync(join(tmpdir(), "meshzero-s3-"));
  large = await local("large.jsonl", kLarge);
  assert.ok(large.length > 33 * kMiB && large.length < 80 * kMiB, `${large.length} bytes`);
});

after(() => rmSync(scratch, { recursive: true, force: true }));

describe("selfplay into S3", { concurrency: 3 }, () => {
  describe("games go into an object", { concurrency: 4 }, () => {
    for (const name of ["games.db", "x.jsonl", "x.jsonl.gz"]) {
      withService(`as into a file of the same name: ${name}`, async (service) => {
        const words = [...kQuick, "--games", "10"];
        const key = `a b/ü$&+=~'(1)/${name}`;
        const done = (await run(service, [...words, "--json", "--out", `s3://bucket/${key}`])).expect(0);
        assert.deepEqual(done.files(), []);
        assert.equal(digest(service.objects.get(`/bucket/${key}`).body), digest(await local(name, words)));
        const said = JSON.parse(done.out);
        assert.equal(said.complete, true);
        assert.equal(said.output, `s3://bucket/${key}`);
        assert.equal(said.kept_in, `s3://bucket/${key}`);
        assert.deepEqual(service.requests.map((one) => one.method), ["HEAD", "GET", "PUT"]);
        assert.equal(service.requests[2].headers["if-none-match"], "*");
      });
    }

    withService("in parts when they are many, of which no more than a few are in memory", async (service) => {
      const done = (await run(service, [...kLarge, "--out", "s3://bucket/large.jsonl"])).expect(0);
      assert.deepEqual(done.files(), []);
      assert.equal(digest(service.objects.get("/bucket/large.jsonl").body), digest(large));
      const parts = service.requests.filter(isPut);
      assert.equal(parts.length, Math.ceil(large.length / (16 * kMiB)));
      assert.ok(parts.slice(0, -1).every((one) => one.bytes === 16 * kMiB));
      assert.equal(service.uploads.size, 0);
      // And out of it again, in ranges; nothing is missing, so the same bytes replace it.
      const words = [...kLarge, "--json", "--resume", "--out", "s3://bucket/large.jsonl"];
      const again = (await run(service, words)).expect(0);
      assert.equal(JSON.parse(again.out).played, 0);
      assert.equal(digest(service.objects.get("/bucket/large.jsonl").body), digest(large));
      assert.ok(service.requests.filter((one) => one.headers.range?.length > 10).length >= 4);
    });

    withService("with the token of a session, and by the other names of the settings", async (service) => {
      service.token = "passing/token==";
      const env = {
        AWS_SESSION_TOKEN: service.token, AWS_REGION: undefined, AWS_DEFAULT_REGION: kRegion,
        AWS_ENDPOINT_URL: "https://nowhere.invalid", AWS_ENDPOINT_URL_S3: service.url,
      };
      (await run(service, [...kQuick, "--games", "1", "--out", "s3://bucket/x.db"], { env })).expect(0);
      const stale = await run(service, [...kQuick, "--games", "1", "--out", "s3://bucket/y.db"], { env: { ...env, AWS_SESSION_TOKEN: "old" } });
      stale.expect(kRefused);
      assert.match(stale.err, /AWS_SESSION_TOKEN/);
    });
  });

  describe("an object that exists", { concurrency: 4 }, () => {
    const kWords = (games, ...more) => [...kQuick, "--games", String(games), ...more, "--out", "s3://bucket/x.jsonl"];

    withService("is refused before a game is played", async (service) => {
      service.put("/bucket/x.jsonl", Buffer.from("mine"));
      const refused = (await run(service, kWords(10))).expect(kRefused);
      assert.match(refused.err, /s3:\/\/bucket\/x\.jsonl exists\. Choose another name, or add --resume/);
      assert.deepEqual(refused.files(), []);
      assert.equal(service.objects.get("/bucket/x.jsonl").body.toString(), "mine");
    });

    withService("is made longer by --resume, and replaced only when nobody else has replaced it", async (service) => {
      (await run(service, kWords(4))).expect(0);
      const longer = (await run(service, kWords(10, "--resume", "--json"))).expect(0);
      assert.equal(JSON.parse(longer.out).played, 6);
      assert.deepEqual(longer.files(), []);
      assert.equal(digest(service.objects.get("/bucket/x.jsonl").body), digest(await local("x.jsonl", [...kQuick, "--games", "10"])));
      assert.ok(service.requests.at(-1).headers["if-match"]);

      service.intercept(isPut, (request, response, goOn) => {
        service.put("/bucket/x.jsonl", Buffer.from("theirs"));
        goOn();
      });
      const late = (await run(service, kWords(12, "--resume"))).expect(kRefused);
      assert.match(late.err, /Somebody else has written s3:\/\/bucket\/x\.jsonl.*All games are safe in x\.jsonl\.partial/s);
      assert.equal(service.objects.get("/bucket/x.jsonl").body.toString(), "theirs");
      assert.deepEqual(late.files(), ["x.jsonl.partial"]);
    });

    withService("is refused by --resume when it holds other games, or none", async (service) => {
      (await run(service, ["--engine", "random", "--board", "hex8", "--games", "2", "--out", "s3://bucket/x.jsonl"])).expect(0);
      const theirs = service.objects.get("/bucket/x.jsonl").body;
      const foreign = (await run(service, kWords(4, "--resume"))).expect(kRefused);
      assert.match(foreign.err, /s3:\/\/bucket\/x\.jsonl holds games that this run would not play/);
      assert.equal(service.objects.get("/bucket/x.jsonl").body, theirs);
      service.put("/bucket/x.jsonl", Buffer.from("no games"));
      assert.equal((await run(service, kWords(4, "--resume"))).code, 1);
      assert.equal(service.objects.get("/bucket/x.jsonl").body.toString(), "no games");
    });

    withService("is never written over by a run that found none", async (service) => {
      service.intercept(isPut, (request, response, goOn) => {
        service.put("/bucket/x.jsonl", Buffer.from("theirs"));
        goOn();
      });
      const late = (await run(service, kWords(10))).expect(kRefused);
      assert.match(late.err, /Somebody else has written/);
      assert.equal(service.objects.get("/bucket/x.jsonl").body.toString(), "theirs");
      assert.deepEqual(late.files(), ["x.jsonl.partial"]);
      // The games may go elsewhere, under the name of another folder.
      renameSync(join(late.cwd, "x.jsonl.partial"), join(late.cwd, "y.jsonl.partial"));
      const words = [...kWords(10, "--resume", "--json").slice(0, -1), "s3://bucket/other/y.jsonl"];
      const elsewhere = (await run(service, words, { cwd: late.cwd })).expect(0);
      assert.equal(JSON.parse(elsewhere.out).played, 0);
      assert.deepEqual(elsewhere.files(), []);
      assert.equal(digest(service.objects.get("/bucket/other/y.jsonl").body), digest(await local("x.jsonl", [...kQuick, "--games", "10"])));
    });
  });

  describe("what goes wrong is said before a game is played", { concurrency: 4 }, () => {
    const kWords = [...kQuick, "--games", "10", "--out", "s3://bucket/x.db"];

    withService("settings that are missing or wrong", async (service) => {
      for (const [env, sentence] of [
        [{ AWS_ACCESS_KEY_ID: undefined }, /AWS_ACCESS_KEY_ID is not set/],
        [{ AWS_SECRET_ACCESS_KEY: undefined }, /AWS_SECRET_ACCESS_KEY is not set/],
        [{ AWS_REGION: undefined }, /AWS_REGION/],
        [{ AWS_ENDPOINT_URL: "http://192.0.2.1:9000" }, /in the clear/],
        [{ AWS_ENDPOINT_URL: "https://127.0.0.1:1", AWS_CA_BUNDLE: "/nothing/there" }, /AWS_CA_BUNDLE/],
      ]) {
        const refused = (await run(service, kWords, { env })).expect(kUsage);
        assert.match(refused.err, sentence);
        assert.deepEqual(refused.files(), []);
      }
      for (const out of ["s3://bucket", "s3://B/x.db", "s3://bucket/x", "s3://bucket/a/../x.db"]) {
        (await run(service, [...kQuick, "--games", "1", "--out", out])).expect(kUsage);
      }
      assert.equal(service.requests.length, 0);
    });

    withService("a service that refuses", async (service) => {
      const isHead = (request) => request.method === "HEAD";
      const other = ["--out", "s3://other-bucket/x.db"];
      for (const [given, code, sentence] of [
        [{ env: { AWS_SECRET_ACCESS_KEY: "another" } }, kRefused, /SignatureDoesNotMatch.*Check AWS_SECRET_ACCESS_KEY/],
        [{ env: { AWS_ACCESS_KEY_ID: "ANOTHER" } }, kRefused, /InvalidAccessKeyId.*Check the variable/],
        [{ env: { AWS_REGION: "us-east-1" } }, kRefused, new RegExp(`Set AWS_REGION to ${kRegion}`)],
        [{ words: other }, kNotFound, /There is no bucket other-bucket/],
        [{ prepare: () => service.fail(() => true, 403, "AccessDenied", 2) }, kRefused, /AccessDenied.*Grant it s3:ListBucket/],
        [{ prepare: () => service.fail(() => true, 301, "PermanentRedirect", 2, { "x-amz-bucket-region": "ap-south-1" }) }, kRefused, /Set AWS_REGION to ap-south-1/],
        [{ prepare: () => (service.skew = 3_600_000) }, kRefused, /The clock of this computer differs/],
      ]) {
        given.prepare?.();
        const refused = (await run(service, [...kWords.slice(0, -2), ...(given.words ?? kWords.slice(-2))], given)).expect(code);
        assert.match(refused.err, sentence);
        assert.deepEqual(refused.files(), []);
      }
      service.skew = 0;
      assert.equal(service.requests.filter((one) => !["HEAD", "GET"].includes(one.method)).length, 0);
      assert.ok(service.requests.some(isHead));
    });

    test("a service that is not there", async () => {
      const service = await FakeS3.start();
      await service.stop();
      const refused = (await run(service, kWords)).expect(kUnreachable);
      assert.match(refused.err, /Nothing answers.*Check the network/);
      assert.deepEqual(refused.files(), []);
    });
  });

  describe("an upload that fails", { concurrency: 4 }, () => {
    // A name that the store in the folder beside it has too.
    const kWords = [...kQuick, "--games", "10", "--json", "--out", "s3://bucket/games.db"];
    const kAgain = [...kWords, "--resume"];
    const hasGames = async (service) =>
      assert.equal(digest(service.objects.get("/bucket/games.db").body), digest(await local("games.db", [...kQuick, "--games", "10"])));

    withService("for a moment is repeated", async (service) => {
      service.fail(isPut, 503, "SlowDown");
      service.drop(isPut);
      service.fail(isPut, 500, "InternalError");
      const done = (await run(service, kWords)).expect(0);
      assert.equal(service.count("PUT"), 4);
      assert.deepEqual(done.files(), []);
      await hasGames(service);
    });

    withService("for good keeps the games, and --resume only uploads", async (service) => {
      service.fail(isPut, 503, "SlowDown", 100);
      const failed = (await run(service, kWords)).expect(kUnreachable);
      assert.match(failed.err, /SlowDown.*All games are safe in games\.db\.partial\. The same command with --resume goes on\./s);
      assert.equal(service.count("PUT"), 6);
      assert.deepEqual(failed.files(), ["games.db.partial"]);

      const without = (await run(service, kWords, { cwd: failed.cwd })).expect(kRefused);
      assert.match(without.err, /games\.db\.partial holds the games of an interrupted run\. Add --resume/);

      const wrong = await run(service, kAgain, { cwd: failed.cwd, env: { AWS_SECRET_ACCESS_KEY: "wrong" } });
      wrong.expect(kRefused);
      assert.deepEqual(failed.files(), ["games.db.partial"]);
    });

    withService("because writing is forbidden says so, and goes on when it is allowed", async (service) => {
      service.fail(isPut, 403, "AccessDenied");
      const failed = (await run(service, kWords)).expect(kRefused);
      assert.match(failed.err, /does not let this key write the object.*AccessDenied.*Grant it.*games\.db\.partial/s);
      const verified = spawnSync(process.env.MESHZERO_BINARY, ["data", "verify", "games.db.partial"], { cwd: failed.cwd, encoding: "utf8" });
      assert.equal(verified.status, 0, verified.stdout + verified.stderr);
      const done = (await run(service, kAgain, { cwd: failed.cwd })).expect(0);
      assert.equal(JSON.parse(done.out).played, 0);
      assert.deepEqual(done.files(), []);
      await hasGames(service);
    });

    withService("only because its answer was lost has not failed", async (service) => {
      service.intercept(isPut, (request, response, goOn) => {
        response.writeHead = () => {};
        response.end = () => response.socket.destroy();
        goOn();
      });
      (await run(service, kWords)).expect(0);
      assert.equal(service.count("PUT"), 2);
      await hasGames(service);
    });

    withService("in a part, or at its end, leaves nothing behind in the service", async (service) => {
      const words = [...kLarge, "--out", "s3://bucket/large.jsonl"];
      service.fail((request) => request.query.partNumber === "2", 403, "AccessDenied");
      const failed = (await run(service, words)).expect(kRefused);
      assert.equal(service.count("DELETE"), 1);
      assert.equal(service.uploads.size, 0);
      assert.ok(existsSync(join(failed.cwd, "large.jsonl.partial")));

      // A failure that comes with the status 200, and then a lost answer.
      const isEnd = (request) => request.method === "POST" && "uploadId" in request.query;
      service.intercept(isEnd, (request, response) => {
        const body = "<Error><Code>InternalError</Code><Message>Later.</Message></Error>";
        response.writeHead(200, { "content-length": body.length });
        response.end(body);
      });
      service.intercept(isEnd, (request, response, goOn) => {
        response.writeHead = () => {};
        response.end = () => response.socket.destroy();
        goOn();
      });
      (await run(service, [...words, "--resume"], { cwd: failed.cwd })).expect(0);
      assert.equal(digest(service.objects.get("/bucket/large.jsonl").body), digest(large));
      assert.ok(service.requests.filter(isEnd).length >= 3);
    });
  });

  describe("an interruption", { concurrency: 4 }, () => {
    /** Sends SIGTERM when a request comes that is never answered, and continues the run with --resume. */
    async function stopAt(service, matches, words, name) {
      let started;
      service.intercept(matches, () => {
        started = Date.now();
        running.process.kill("SIGTERM");
      });
      const running = new Run(service, [...words, "--out", `s3://bucket/${name}`]);
      const stopped = (await running.ended).expect(0);
      assert.ok(Date.now() - started < kEndsWithinMs);
      assert.match(stopped.out, /Interrupted: .* games are safe in .*\.partial/);
      assert.deepEqual(stopped.files(), [`${name}.partial`]);
      return stopped;
    }

    withService("before a game is played", async (service) => {
      service.intercept((request) => request.method === "HEAD", () => running.process.kill("SIGTERM"));
      const running = new Run(service, [...kQuick, "--games", "10", "--out", "s3://bucket/x.db"]);
      const stopped = (await running.ended).expect(0);
      assert.match(stopped.out, /Interrupted: 0 of 10 games/);
      assert.deepEqual(stopped.files(), []);
    });

    withService("while games are played, and the run goes on to the same bytes", async (service) => {
      const words = ["--engine", "random", "--games", "600", "--seed", "4", "--sample-every", "100000", "--checkpoint-interval", "20", "--out", "s3://bucket/x.jsonl.gz"];
      const running = new Run(service, words);
      await running.says('"durable":');
      running.process.kill("SIGTERM");
      const stopped = (await running.ended).expect(0);
      if (!service.objects.has("/bucket/x.jsonl.gz")) assert.deepEqual(stopped.files(), ["x.jsonl.gz.partial"]); // it may have finished just before
      (await run(service, [...words, "--resume"], { cwd: stopped.cwd })).expect(0);
      assert.equal(digest(service.objects.get("/bucket/x.jsonl.gz").body), digest(await local("x.jsonl.gz", words.slice(0, -2))));
      assert.deepEqual(stopped.files(), []);
    });

    withService("of an upload", async (service) => {
      const words = [...kQuick, "--games", "10"];
      const stopped = await stopAt(service, isPut, words, "x.db");
      (await run(service, [...words, "--resume", "--out", "s3://bucket/x.db"], { cwd: stopped.cwd })).expect(0);
      assert.equal(digest(service.objects.get("/bucket/x.db").body), digest(await local("x.db", words)));
      assert.deepEqual(stopped.files(), []);
    });

    withService("of a part of an upload, which is given up in the service too", async (service) => {
      await stopAt(service, (request) => request.query.partNumber === "2", kLarge, "large.jsonl");
      assert.equal(service.count("DELETE"), 1);
      assert.equal(service.uploads.size, 0);
    });

    withService("of a part that the service does not take", async (service) => {
      let started;
      service.unread = (message) => {
        if (!message.url.includes("partNumber=1&")) return false;
        started = Date.now();
        running.process.kill("SIGTERM");
        return true;
      };
      const running = new Run(service, [...kLarge, "--out", "s3://bucket/large.jsonl"]);
      const stopped = (await running.ended).expect(0);
      assert.ok(Date.now() - started < kEndsWithinMs);
      assert.deepEqual(stopped.files(), ["large.jsonl.partial"]);
      assert.equal(service.uploads.size, 0);
    });

    withService("of a pause between two attempts", async (service) => {
      service.fail(isPut, 503, "SlowDown", 4);
      const words = [...kQuick, "--games", "10"];
      let started;
      service.intercept(isPut, (request, response) => {
        response.writeHead(503, { "content-length": 0 });
        response.end();
        started = Date.now();
        running.process.kill("SIGTERM");
      });
      const running = new Run(service, [...words, "--out", "s3://bucket/x.db"]);
      const stopped = (await running.ended).expect(0);
      assert.ok(Date.now() - started < kPauseMs);
      assert.equal(service.count("PUT"), 5);
      assert.deepEqual(stopped.files(), ["x.db.partial"]);
    });

    withService("of the reading of an object", async (service) => {
      const words = [...kQuick, "--games", "10"];
      (await run(service, [...words, "--out", "s3://bucket/x.db"])).expect(0);
      const before = service.objects.get("/bucket/x.db").body;
      const longer = [...kQuick, "--games", "12", "--resume"];
      const stopped = await stopAt(service, (request) => request.method === "GET" && request.headers["if-match"], longer, "x.db");
      assert.equal(service.objects.get("/bucket/x.db").body, before);
      (await run(service, [...longer, "--out", "s3://bucket/x.db"], { cwd: stopped.cwd })).expect(0);
      assert.equal(digest(service.objects.get("/bucket/x.db").body), digest(await local("x.db", [...kQuick, "--games", "12"])));
    });
  });

  describe("TLS", () => {
    test("is for the host that was named, by an authority that AWS_CA_BUNDLE names", async () => {
      const at = folder();
      const made = spawnSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem", "-out", "authority.pem",
        "-days", "2", "-subj", "/CN=S3 of a test", "-addext", "subjectAltName=IP:127.0.0.1"], { cwd: at, encoding: "utf8" });
      assert.equal(made.status, 0, made.stderr);
      const [key, cert] = ["key.pem", "authority.pem"].map((name) => readFileSync(join(at, name)));
      const service = await FakeS3.start({ tls: { key, cert } });
      try {
        const words = [...kQuick, "--games", "10", "--out", "s3://bucket/x.db"];
        const unknown = (await run(service, words)).expect(kRefused);
        assert.match(unknown.err, /not the one it must be.*AWS_CA_BUNDLE/s);
        const named = { AWS_CA_BUNDLE: join(at, "authority.pem") };
        const elsewhere = (await run(service, words, { env: { ...named, AWS_ENDPOINT_URL: service.url.replace("127.0.0.1", "localhost") } })).expect(kRefused);
        assert.match(elsewhere.err, /not the one it must be/);
        assert.equal(service.requests.length, 0);
        (await run(service, words, { env: named })).expect(0);
        assert.equal(digest(service.objects.get("/bucket/x.db").body), digest(await local("x.db", words.slice(0, -2))));
      } finally {
        await service.stop();
      }
    });
  });
});
