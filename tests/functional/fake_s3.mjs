// A service for S3 in memory, for tests: HEAD, GET with ranges, PUT with conditions, uploads in parts. It computes every
// signature itself, from the bytes that came, and answers as Amazon's does. A test can have it fail, drop connections or wait.
import { createHash, createHmac } from "node:crypto";
import { createServer as createPlain } from "node:http";
import { createServer as createTls } from "node:https";

export const kKeyId = "AKIDOFTHETEST";
export const kSecret = "secret/of+the=test";
export const kRegion = "eu-test-1";

const hash = (algorithm, bytes) => createHash(algorithm).update(bytes).digest("hex");
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const hexOf = (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;

/** Percent-encoding as the signature wants it, whatever the client has sent. */
const encoded = (text, kept) => [...Buffer.from(text)].map((byte) => (kept.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : hexOf(byte))).join("");

class Refusal extends Error {
  constructor(status, code, fields = {}, headers = {}) {
    super(code);
    Object.assign(this, { status, code, fields, headers });
  }
}

export class FakeS3 {
  objects = new Map(); // "/bucket/key" -> { body, etag, meta }
  uploads = new Map(); // id -> { path, parts, meta }
  buckets = new Set(["bucket"]);
  requests = []; // { method, path, query, headers, bytes, status }
  token; // the session token that is asked for
  skew = 0; // of the service's clock, in milliseconds
  unread; // says of a request, from its head, that its body is not read
  #rules = [];
  #server;
  #uploads = 0;
  #sockets = new Set();

  static async start({ tls } = {}) {
    const service = new FakeS3();
    const answer = (request, response) => service.#answer(request, response);
    service.#server = tls ? createTls(tls, answer) : createPlain(answer);
    service.#server.on(tls ? "secureConnection" : "connection", (socket) => {
      service.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => service.#sockets.delete(socket));
    });
    await new Promise((started) => service.#server.listen(0, "127.0.0.1", started));
    service.url = `${tls ? "https" : "http"}://127.0.0.1:${service.#server.address().port}`;
    return service;
  }

  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }

  /** The next `times` requests that `matches` takes go to `act(request, response, goOn)` instead. */
  intercept(matches, act, times = 1) {
    this.#rules.push({ matches, act, times });
  }

  fail(matches, status, code, times = 1, headers = {}) {
    this.intercept(matches, () => { throw new Refusal(status, code, {}, headers); }, times);
  }

  drop(matches, times = 1) {
    this.intercept(matches, (request, response) => response.socket.destroy(), times);
  }

  put(path, body, meta = {}) {
    this.objects.set(path, { body, etag: `"${hash("md5", body)}"`, meta });
  }

  count(method) {
    return this.requests.filter((one) => one.method === method).length;
  }

  async #answer(message, response) {
    if (this.unread?.(message)) return; // and what is sent stays in the network
    const pieces = [];
    try {
      for await (const piece of message) pieces.push(piece);
    } catch {
      return; // the client went away
    }
    const [rawPath, rawQuery = ""] = message.url.split("?");
    const query = rawQuery === "" ? [] : rawQuery.split("&").map((pair) => pair.split("=").map(decodeURIComponent)).map(([name, value = ""]) => [name, value]);
    const request = {
      method: message.method, rawPath, path: decodeURIComponent(rawPath), query: Object.fromEntries(query), pairs: query,
      headers: message.headers, body: Buffer.concat(pieces),
    };
    const noted = { method: request.method, path: request.path, query: request.query, headers: request.headers, bytes: request.body.length };
    this.requests.push(noted);
    const send = (status, headers, body = "") => {
      noted.status = status;
      response.writeHead(status, { "content-length": Buffer.byteLength(body), ...headers });
      response.end(request.method === "HEAD" ? undefined : body);
    };
    const goOn = () => {
      try {
        this.#check(request);
        const { status = 200, headers = {}, body = "" } = this.#serve(request);
        send(status, headers, body);
      } catch (refusal) {
        refuse(refusal);
      }
    };
    const refuse = (refusal) => {
      if (!(refusal instanceof Refusal)) throw refusal;
      const fields = Object.entries({ Code: refusal.code, Message: `This is ${refusal.code} & no more.`, ...refusal.fields });
      const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${fields.map(([name, text]) => `<${name}>${text.replaceAll("&", "&amp;")}</${name}>`).join("")}</Error>`;
      send(refusal.status, { "content-type": "application/xml", ...refusal.headers }, body);
    };
    const rule = this.#rules.find((one) => one.times > 0 && one.matches(request));
    if (!rule) return goOn();
    rule.times -= 1;
    try {
      await rule.act(request, response, goOn);
    } catch (refusal) {
      refuse(refusal);
    }
  }

  #check(request) {
    const { headers } = request;
    const said = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(headers.authorization ?? "");
    if (!said) throw new Refusal(403, "AccessDenied");
    const [id, date, region, service, end] = said[1].split("/");
    if (id !== kKeyId) throw new Refusal(403, "InvalidAccessKeyId", { AWSAccessKeyId: id });
    if (region !== kRegion) throw new Refusal(400, "AuthorizationHeaderMalformed", { Region: kRegion });
    const time = headers["x-amz-date"];
    const then = Date.parse(time.replace(/^(....)(..)(..T..)(..)(..Z)$/, "$1-$2-$3:$4:$5"));
    if (!time.startsWith(date) || !(Math.abs(then - Date.now() - this.skew) < 900_000)) throw new Refusal(403, "RequestTimeTooSkewed");
    if (this.token && headers["x-amz-security-token"] !== this.token) throw new Refusal(400, "InvalidToken");
    const names = said[2].split(";");
    const must = ["host", ...Object.keys(headers).filter((name) => name.startsWith("x-amz-"))];
    if (must.some((name) => !names.includes(name)) || names.join() !== [...names].sort().join()) throw new Refusal(403, "AccessDenied");
    if (headers["x-amz-content-sha256"] !== hash("sha256", request.body)) throw new Refusal(400, "XAmzContentSHA256Mismatch");
    const kept = /[A-Za-z0-9\-._~]/;
    const pairs = request.pairs.map((pair) => pair.map((text) => encoded(text, kept)).join("="));
    const canonical = [
      request.method, encoded(request.path, /[A-Za-z0-9\-._~/]/), pairs.sort().join("&"),
      ...names.map((name) => `${name}:${headers[name].trim().replace(/ +/g, " ")}`), "", said[2], headers["x-amz-content-sha256"],
    ].join("\n");
    const scope = [date, region, service, end].join("/");
    const text = ["AWS4-HMAC-SHA256", time, scope, hash("sha256", canonical)].join("\n");
    const key = [date, region, "s3", "aws4_request"].reduce((last, part) => hmac(last, part), `AWS4${kSecret}`);
    if (hmac(key, text).toString("hex") !== said[3]) throw new Refusal(403, "SignatureDoesNotMatch");
    if (!this.buckets.has(request.path.split("/")[1])) throw new Refusal(404, "NoSuchBucket");
  }

  /** If-None-Match and If-Match of what is written. */
  #mayWrite(request) {
    const there = this.objects.get(request.path);
    if (request.headers["if-none-match"] === "*" && there) throw new Refusal(412, "PreconditionFailed");
    const wanted = request.headers["if-match"];
    if (wanted !== undefined && there?.etag !== wanted) throw new Refusal(412, "PreconditionFailed");
  }

  #serve(request) {
    const { method, path, query, headers } = request;
    const metaOf = (from) => Object.fromEntries(Object.entries(from).filter(([name]) => name.startsWith("x-amz-meta-")));
    if (method === "HEAD" || method === "GET") {
      const there = this.objects.get(path);
      if (!there) throw new Refusal(404, "NoSuchKey");
      if (headers["if-match"] !== undefined && headers["if-match"] !== there.etag) throw new Refusal(412, "PreconditionFailed");
      if (method === "HEAD") return { headers: { etag: there.etag, "content-length": there.body.length, ...there.meta } };
      const range = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "");
      if (!range) return { headers: { etag: there.etag }, body: there.body };
      const first = Number(range[1]);
      if (first >= there.body.length) throw new Refusal(416, "InvalidRange");
      const last = Math.min(Number(range[2]), there.body.length - 1);
      return { status: 206, headers: { etag: there.etag, "content-range": `bytes ${first}-${last}/${there.body.length}` }, body: there.body.subarray(first, last + 1) };
    }
    if (method === "POST" && "uploads" in query) {
      const id = `upload ${(this.#uploads += 1)}&/+=`.replaceAll(" ", "-");
      this.uploads.set(id, { path, parts: new Map(), meta: metaOf(headers) });
      return { body: `<?xml version="1.0" encoding="UTF-8"?>\n<InitiateMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><UploadId>${id.replaceAll("&", "&amp;")}</UploadId></InitiateMultipartUploadResult>` };
    }
    if (query.uploadId === undefined) {
      if (method !== "PUT") throw new Refusal(405, "MethodNotAllowed");
      this.#mayWrite(request);
      this.put(path, request.body, metaOf(headers));
      return { headers: { etag: this.objects.get(path).etag } };
    }
    const upload = this.uploads.get(query.uploadId);
    if (!upload || upload.path !== path) throw new Refusal(404, "NoSuchUpload");
    if (method === "PUT") {
      const etag = `"${hash("md5", request.body)}"`;
      upload.parts.set(Number(query.partNumber), { etag, body: request.body });
      return { headers: { etag } };
    }
    if (method === "DELETE") {
      this.uploads.delete(query.uploadId);
      return { status: 204 };
    }
    this.#mayWrite(request);
    const listed = [...request.body.toString().matchAll(/<Part><PartNumber>(\d+)<\/PartNumber><ETag>(.*?)<\/ETag><\/Part>/g)];
    const parts = listed.map(([, number, etag], index) => {
      const part = upload.parts.get(Number(number));
      if (Number(number) !== index + 1 || part?.etag !== etag.replaceAll("&quot;", '"')) throw new Refusal(400, "InvalidPart");
      if (index + 1 < listed.length && part.body.length < 5 << 20) throw new Refusal(400, "EntityTooSmall");
      return part.body;
    });
    if (parts.length !== upload.parts.size) throw new Refusal(400, "InvalidPartOrder");
    this.put(path, Buffer.concat(parts), upload.meta);
    this.uploads.delete(query.uploadId);
    return { body: `\n<CompleteMultipartUploadResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ETag>x</ETag></CompleteMultipartUploadResult>` };
  }
}
