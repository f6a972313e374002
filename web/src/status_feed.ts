// The node's status as the page has it, and the time it is compared with.
import { useEffect, useState } from "preact/hooks";

import { fetchStatus } from "./api.ts";
import type { Freshness } from "./freshness.ts";
import { usePolled } from "./poll.ts";

export interface StatusFeed extends Freshness {
  retry: () => void; // asks at once
}

export function useStatusFeed(): StatusFeed {
  const { value, ...rest } = usePolled(fetchStatus);
  return { status: value, ...rest };
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
