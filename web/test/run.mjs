// Compiles the unit tests and what they import, and runs them: node test/run.mjs [OUT-DIR]
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = dirname(dirname(fileURLToPath(import.meta.url)));
const out = process.argv[2] ?? mkdtempSync(join(tmpdir(), "meshzero-page-test-"));

function run(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", env: { ...process.env, MESHZERO_WEB_DIR: web } });
  if (status !== 0) process.exit(status ?? 1);
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
writeFileSync(join(out, "package.json"), '{"type":"module"}\n');
run([join(web, "node_modules/typescript/bin/tsc"), "-p", join(web, "tsconfig.test.json"), "--outDir", out]);
const tests = readdirSync(join(out, "test")).filter((name) => name.endsWith(".test.js"));
if (tests.length === 0) throw new Error("no unit tests were compiled");
run(["--test", ...tests.map((name) => join(out, "test", name))]);
