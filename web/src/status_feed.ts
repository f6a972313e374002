// Polls the node's status while the page is visible and keeps the last answer when the node falls silent.
import { useEffect, useState } from "preact/hooks";
import { ApiFailure, fetchStatus, type Status } from "./api.ts";

export const kPollMs = 2000;
export const kMaxBackoffMs = 15000;
/** Data older than this is called stale even when no request has failed yet (a hung node, a suspended computer). */
export const kStaleAfterMs = 10000;

export interface StatusFeed {
  status: Status | null; // the last good answer
  receivedAt: number; // when it came, in milliseconds of this browser's clock; 0 = never
  failure: ApiFailure | null; // why the latest request failed; null when it succeeded
  failures: number; // failed requests in a row
  retry: () => void;
}

/** The wait before the next request after `failures` failed ones in a row. */
export function nextDelayMs(failures: number): number {
  return Math.min(kMaxBackoffMs, kPollMs * 2 ** Math.max(0, failures - 1));
}

export function isStale(feed: Pick<StatusFeed, "status" | "receivedAt" | "failure">, now: number): boolean {
  return feed.status !== null && (feed.failure !== null || now - feed.receivedAt > kStaleAfterMs);
}

export function useStatusFeed(): StatusFeed {
  const [feed, setFeed] = useState<StatusFeed>({ status: null, receivedAt: 0, failure: null, failures: 0, retry: () => {} });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let inFlight = false;
    let ended = false;

    const poll = async (): Promise<void> => {
      if (inFlight || ended || document.hidden) return;
      clearTimeout(timer);
      inFlight = true;
      try {
        const status = await fetchStatus();
        failures = 0;
        if (!ended) setFeed({ status, receivedAt: Date.now(), failure: null, failures, retry });
      } catch (error) {
        failures += 1;
        const failure = error instanceof ApiFailure ? error : new ApiFailure("unreadable", String(error));
        if (!ended) setFeed((last) => ({ ...last, failure, failures, retry }));
      }
      inFlight = false;
      if (!ended) timer = setTimeout(() => void poll(), nextDelayMs(failures));
    };
    const retry = (): void => void poll();
    const onVisibility = (): void => void poll();

    document.addEventListener("visibilitychange", onVisibility);
    window.addEventListener("online", retry);
    void poll();
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
      window.removeEventListener("online", retry);
    };
  }, []);

  return feed;
}

/** The browser's clock, renewed every second while visible, for "12 s ago". */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
