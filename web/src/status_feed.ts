// Polls the node's status while the page is visible and keeps the last answer when the node falls silent.
import { useEffect, useState } from "preact/hooks";
import { ApiFailure, fetchStatus } from "./api.ts";
import { nextDelayMs, type Freshness } from "./freshness.ts";

export interface StatusFeed extends Freshness {
  retry: () => void; // asks at once
}

export function useStatusFeed(): StatusFeed {
  const [feed, setFeed] = useState<StatusFeed>({ status: null, receivedAt: 0, failure: null, retry: () => {} });

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
        if (!ended) setFeed({ status, receivedAt: Date.now(), failure: null, retry });
      } catch (error) {
        failures += 1;
        const failure = error instanceof ApiFailure ? error : new ApiFailure("unreadable", String(error));
        if (!ended) setFeed((last) => ({ ...last, failure, retry }));
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
