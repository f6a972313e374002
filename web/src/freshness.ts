// When to ask the node again, and when what it said last is too old to be taken for the present.
import type { ApiFailure, Status } from "./api.ts";

export const kPollMs = 2000;
export const kMaxBackoffMs = 15000;
/** Data older than this is called stale even when no request has failed yet (a hung node, a suspended computer). */
export const kStaleAfterMs = 10000;

export interface Freshness {
  status: Status | null; // the last good answer
  receivedAt: number; // when it came, in milliseconds of this browser's clock; 0 = never
  failure: ApiFailure | null; // why the latest request failed; null when it succeeded
}

/** The wait before the next request after `failures` failed ones in a row. */
export function nextDelayMs(failures: number): number {
  return Math.min(kMaxBackoffMs, kPollMs * 2 ** Math.max(0, failures - 1));
}

export function isStale(data: Freshness, now: number): boolean {
  return data.status !== null && (data.failure !== null || now - data.receivedAt > kStaleAfterMs);
}
