// The login of this tab. `meshzero ui` opens the page at #code=…; the code is good once and is traded for a bearer token at
// once. The token lives in sessionStorage: it ends with the tab and, unlike a cookie, goes to no other port of this computer.

const kKey = "meshzero.session";

/** The one-time code in an address, or null. */
export function codeOf(hash: string): string | null {
  const match = /^#code=([a-z2-7]{1,64})$/.exec(hash);
  return match?.[1] ?? null;
}

function storedToken(): string | null {
  try {
    return sessionStorage.getItem(kKey);
  } catch {
    return null; // storage is switched off: every tab is a visitor then
  }
}

function keep(token: string | null): void {
  try {
    if (token === null) sessionStorage.removeItem(kKey);
    else sessionStorage.setItem(kKey, token);
  } catch {
    // As above.
  }
  document.dispatchEvent(new Event("sessionchange"));
}

export const isLoggedIn = (): boolean => storedToken() !== null;

/** The header that proves who asks; empty for a visitor. */
export function authorization(): Record<string, string> {
  const token = storedToken();
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** The node does not know this login any more: it was restarted, or the login has ended. */
export function forgetLogin(): void {
  keep(null);
}

let failure: string | null = null;
/** Why the code in the address was worth nothing, for the person who came with it. */
export const loginFailure = (): string | null => failure;

/** Trades the code in the address, if there is one. The code leaves the address and the history first. */
export async function takeLogin(): Promise<void> {
  const code = codeOf(location.hash);
  if (code === null) return;
  history.replaceState(null, "", `${location.pathname}#/`);
  failure = "The node did not answer the login. Run `meshzero ui` again.";
  try {
    const response = await fetch("/api/v1/session", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ code }),
      signal: AbortSignal.timeout(8000),
    });
    const body = (await response.json()) as { token?: unknown; error?: { text?: unknown } };
    if (response.ok && typeof body.token === "string") {
      failure = null;
      keep(body.token);
    } else if (typeof body.error?.text === "string") {
      failure = body.error.text;
    }
  } catch {
    // The sentence above stands.
  }
}

export async function logOut(): Promise<void> {
  const headers = authorization();
  keep(null);
  await fetch("/api/v1/session", { method: "DELETE", headers }).catch(() => undefined);
}
