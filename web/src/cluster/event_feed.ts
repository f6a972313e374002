// The events of the node, kept up to date while the page is visible: each request asks for what is new.
import { useEffect, useState } from "preact/hooks";

import { ApiFailure, fetchEvents, type ClusterEvent } from "../api.ts";
import { nextDelayMs } from "../freshness.ts";

const kMaxKept = 5000; // the oldest go; a node remembers fewer

export interface EventFeed {
  events: ClusterEvent[] | null; // oldest first; null before the first answer
  failure: ApiFailure | null; // of the latest request
  retry: () => void;
}

interface Log {
  epoch: string;
  events: ClusterEvent[];
}

/** The log as it is now, given what was known of it. */
async function readOn(known: Log): Promise<Log> {
  let log = known;
  for (;;) {
    const page = await fetchEvents(log.events.at(-1)?.number ?? 0);
    if (page.epoch !== log.epoch && log.events.length > 0) {
      log = { epoch: page.epoch, events: [] }; // another run: it may have given the last numbers again
      continue;
    }
    log = { epoch: page.epoch, events: [...log.events, ...page.events].slice(-kMaxKept) };
    if (!page.more || page.events.length === 0) return log;
  }
}

export function useEvents(): EventFeed {
  const [feed, setFeed] = useState<EventFeed>({ events: null, failure: null, retry: () => {} });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let log: Log = { epoch: "", events: [] };
    let failures = 0;
    let inFlight = false;
    let ended = false;

    const poll = async (): Promise<void> => {
      if (inFlight || ended || document.hidden) return;
      clearTimeout(timer);
      inFlight = true;
      try {
        log = await readOn(log);
        if (!ended) setFeed({ events: log.events, failure: null, retry });
        failures = 0;
      } catch (error) {
        failures += 1;
        const failure = error instanceof ApiFailure ? error : new ApiFailure("unreadable", String(error));
        if (!ended) setFeed((last) => ({ ...last, failure, retry }));
      }
      inFlight = false;
      if (!ended) timer = setTimeout(() => void poll(), nextDelayMs(failures));
    };
    const retry = (): void => void poll();

    document.addEventListener("visibilitychange", retry);
    window.addEventListener("online", retry);
    void poll();
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", retry);
      window.removeEventListener("online", retry);
    };
  }, []);

  return feed;
}
