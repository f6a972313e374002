import assert from "node:assert/strict";
import { test } from "node:test";

import { codeOf } from "../src/session.ts";

test("a one-time code is taken from an address that is nothing else", () => {
  assert.equal(codeOf("#code=fdofb7mrevvmmuufzfjvfupmye"), "fdofb7mrevvmmuufzfjvfupmye");
  for (const hash of ["", "#", "#/", "#code=", "#/code=abc", "#code=abc/../x", "#code=ABC", "#code=a b", "#games?code=abc", `#code=${"a".repeat(65)}`]) {
    assert.equal(codeOf(hash), null, hash);
  }
});
