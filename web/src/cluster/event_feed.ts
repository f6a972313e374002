// The events of the node, kept up to date while the page is visible: each request asks for what is new.
import { useRef } from "preact/hooks";

import { fetchEvents, type ApiFailure, type ClusterEvent } from "../api.ts";
import { usePolled } from "../poll.ts";

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
  const log = useRef<Log>({ epoch: "", events: [] });
  const { value, failure, retry } = usePolled(async () => {
    log.current = await readOn(log.current);
    return log.current.events;
  });
  return { events: value, failure, retry };
}
