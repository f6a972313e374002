// The OpenAPI document of the program: a validator finds nothing wrong with it, and a running node answers as it says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { Node } from "../browser/harness.mjs";

const requirePackage = createRequire(new URL("../../web/package.json", import.meta.url));
const { Validator } = await import(requirePackage.resolve("@seriousme/openapi-schema-validator"));
const { Ajv2020 } = requirePackage("ajv/dist/2020");

const kLargest = 9_223_372_036_854_775_807n;

let node;
let token; // of a logged-in page, which may do everything but what is for nodes and for the command line
let document;
let schemas;

function run(...words) {
  const said = spawnSync(process.env.MESHZERO_BINARY, words, { encoding: "utf8" });
  assert.equal(said.status, 0, said.stderr);
  return said.stdout;
}

before(async () => {
  document = JSON.parse(run("routes", "--openapi"));
  schemas = new Ajv2020({ strict: false, formats: { int64: true }, schemas: { document } });
  node = await Node.create();
  await node.start("--workers", "0"); // makes the directory one of ours
  await node.stop();
  run("selfplay", "--games", "2", "--engine", "random", "--out", node.data);
  await node.start("--workers", "0");
  const login = await ask("/api/v1/session", { method: "POST", body: { code: new URL(node.loginAddress()).hash.split("=")[1] } });
  token = (await login.json()).token;
  assert.ok(token);
});

after(async () => {
  await node?.stop();
  node?.remove();
});

function ask(path, { method = "GET", body, headers = {} } = {}) {
  if (token) headers = { authorization: `Bearer ${token}`, ...headers };
  if (body !== undefined) headers = { "content-type": "application/json", ...headers };
  return fetch(node.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
}

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));

const sessionMayCall = ({ operation }) => operation.security.length === 0 || operation.security.some((one) => "session" in one || Object.keys(one).length === 0);

/** What the node may be asked without knowing a name. */
const readable = () => operations().filter((one) => one.method === "GET" && !one.path.includes("{") && sessionMayCall(one));

const parametersOf = ({ operation }, place) => (operation.parameters ?? []).filter((one) => one.in === place);

function resolved(part) {
  return part.$ref ? part.$ref.slice(2).split("/").reduce((at, name) => at[name], document) : part;
}

/** Compares an answer with what the document says of it: status, type, and of JSON every field. */
async function checkAnswer({ path, method, operation }, answer) {
  const what = `${method} ${path} -> ${answer.status}`;
  assert.ok(String(answer.status) in operation.responses, `${what} is not declared`);
  const { content } = resolved(operation.responses[answer.status]);
  const type = answer.headers.get("content-type");
  assert.ok(type in content, `${what} has the type ${type}`);
  const text = await answer.text();
  if (type !== "application/json") return;
  const body = JSON.parse(text);
  const schema = content[type].schema.$ref ? { $ref: `document${content[type].schema.$ref}` } : content[type].schema;
  const fits = schemas.compile(schema);
  assert.ok(fits(body), `${what}: ${schemas.errorsText(fits.errors)} in ${text}`);
  const declared = resolved(content[type].schema).properties;
  if (declared) assert.deepEqual(Object.keys(body).filter((name) => !(name in declared)), [], `${what} has more than is declared`);
  return body;
}

async function faultOf(change) {
  const broken = structuredClone(document);
  change(broken);
  return (await new Validator().validate(broken)).errors;
}

test("a validator of OpenAPI 3.1 finds nothing wrong", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, "3.1");
  assert.equal(document.openapi, "3.1.0");
});

test("the validator would find something wrong", async () => {
  const faults = {
    "no title": (it) => delete it.info.title,
    "a parameter without a place": (it) => delete it.paths["/api/v1/games"].get.parameters[0].in,
    "a path parameter that may be missing": (it) => (it.paths["/api/v1/games/{id}"].get.parameters[0].required = false),
    "a response without a description": (it) => delete it.paths["/health"].get.responses["200"].description,
    "a security scheme of no kind": (it) => (it.components.securitySchemes.session.type = "wish"),
    "a server without an address": (it) => delete it.servers[0].url,
  };
  for (const [fault, change] of Object.entries(faults)) assert.ok(await faultOf(change), fault);
});

test("every reference in it and every security scheme leads somewhere, and names of operations are unique", () => {
  JSON.stringify(document, (key, value) => {
    if (key === "$ref") assert.ok(resolved({ $ref: value }), value);
    return value;
  });
  const ids = operations().map(({ operation }) => operation.operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { path, operation } of operations()) {
    for (const name of operation.security.flatMap(Object.keys)) assert.ok(name in document.components.securitySchemes, path);
    const inPath = [...path.matchAll(/\{(.+?)\}/g)].map((match) => match[1]);
    assert.deepEqual(parametersOf({ operation }, "path").map((one) => one.name), inPath, path);
  }
  assert.ok(ids.length > 40);
});

test("the document holds every route and nothing else", () => {
  const routes = JSON.parse(run("routes", "--json")).routes;
  assert.deepEqual(
    operations().map(({ path, method }) => `${method} ${path}`).sort(),
    routes.map(({ method, path }) => `${method} ${path}`).sort(),
  );
});

test("a node serves the same document to those who may read", async () => {
  assert.deepEqual(await (await ask("/api/v1/openapi.json")).json(), document);
});

test("a node answers every address that can be read as the document says", async () => {
  const asked = readable();
  assert.ok(asked.length >= 15, asked.map((one) => one.path).join());
  for (const one of asked) {
    const answer = await ask(one.path, { headers: { accept: "application/json" } });
    assert.ok(answer.ok, `${one.path} -> ${answer.status}`);
    await checkAnswer(one, answer);
  }
});

test("a game, a missing one and a missing token are answered as the document says", async () => {
  const { games } = await node.json("/api/v1/games");
  const game = operations().find((one) => one.path === "/api/v1/games/{id}");
  const shown = await checkAnswer(game, await ask(`/api/v1/games/${games[0].id}`));
  assert.equal(shown.id, games[0].id);
  for (const id of ["0".repeat(64), "x"]) {
    const answer = await ask(`/api/v1/games/${id}`);
    assert.equal(answer.status, 404);
    await checkAnswer(game, answer);
  }
  const end = operations().find((one) => one.path === "/api/v1/tokens/{id}");
  const answer = await ask("/api/v1/tokens/none", { method: "DELETE" });
  assert.equal(answer.status, 404);
  await checkAnswer(end, answer);
});

test("every declared parameter is read, and any other is refused with the names of the right ones", async () => {
  const [{ id }] = (await node.json("/api/v1/games")).games;
  let read = 0;
  for (const one of operations().filter((each) => each.method === "GET" && each.path.startsWith("/api/") && sessionMayCall(each))) {
    const path = one.path.replace("{id}", id);
    const names = parametersOf(one, "query").map((each) => each.name);
    const refused = await ask(`${path}?nonsense=1`);
    assert.equal(refused.status, 400, path);
    const { error } = await checkAnswer(one, refused);
    for (const name of ["nonsense", ...names]) assert.ok(error.text.includes(name), error.text);
    for (const { name, schema } of parametersOf(one, "query")) {
      read += 1;
      if (schema.type !== "integer") {
        // A text: no game is called so.
        assert.deepEqual((await node.json(`${path}?${name}=nonsense`)).games, [], name);
        continue;
      }
      const lowest = BigInt(schema.minimum);
      const highest = BigInt(schema.maximum ?? kLargest);
      for (const [value, status] of [[lowest, 200], [highest, 200], [lowest - 1n, 400], [highest + 1n, 400], ["x", 400]]) {
        const answer = await ask(`${path}?${name}=${value}`);
        assert.equal(answer.status, status, `${path}?${name}=${value}`);
        const body = await checkAnswer(one, answer);
        if (status === 400) assert.ok(body.error.text.includes(name), body.error.text);
      }
    }
  }
  assert.equal(read, 9);
});

test("every required field of a body is missed by name", async () => {
  const posted = operations().filter((one) => one.operation.requestBody && one.operation.security.some((each) => "session" in each));
  let missed = 0;
  for (const one of posted) {
    const { schema } = one.operation.requestBody.content["application/json"];
    for (const name of schema.required ?? []) {
      missed += 1;
      const others = Object.fromEntries(schema.required.filter((each) => each !== name).map((each) => [each, "x"]));
      for (const body of [others, { ...others, [name]: 7 }]) {
        const answer = await ask(one.path.replace("{id}", "x"), { method: one.method, body });
        assert.equal(answer.status, 400, one.path);
        const { error } = await checkAnswer(one, answer);
        assert.ok(error.text.includes(`\`${name}\``), error.text);
      }
    }
  }
  assert.equal(missed, 4); // of a token, a pairing, its confirmation, an approval
});

test("who may not call is refused as the document says", async () => {
  for (const one of operations().filter((each) => each.operation.security.length > 0)) {
    const body = one.operation.requestBody && "application/json" in one.operation.requestBody.content ? {} : undefined;
    const answer = await ask(one.path, { method: one.method, body, headers: { authorization: "Bearer wrong" } });
    assert.equal(answer.status, 401, one.path);
    await checkAnswer(one, answer);
  }
});
