// Asks the node again and again while the page is visible, less often while it is silent, and keeps the last answer.
import { useEffect, useState } from "preact/hooks";

import { ApiFailure } from "./api.ts";
import { nextDelayMs } from "./freshness.ts";

export interface Polled<T> {
  value: T | null; // the last good answer
  receivedAt: number; // when it came, in milliseconds of this browser's clock; 0 = never
  failure: ApiFailure | null; // why the latest request failed; null when it succeeded
  retry: () => void; // asks at once
}

export const asFailure = (error: unknown): ApiFailure => (error instanceof ApiFailure ? error : new ApiFailure("unreadable", String(error)));

/** `ask` is taken from the first call; it does not depend on anything that changes. */
export function usePolled<T>(ask: () => Promise<T>): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ value: null, receivedAt: 0, failure: null, retry: () => {} });

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let inFlight = false;
    let again = false; // asked for while a request was under way, whose answer may be from before
    let ended = false;

    const poll = async (): Promise<void> => {
      if (inFlight || ended || document.hidden) return;
      clearTimeout(timer);
      inFlight = true;
      again = false;
      try {
        const value = await ask();
        failures = 0;
        if (!ended) setPolled({ value, receivedAt: Date.now(), failure: null, retry });
      } catch (error) {
        failures += 1;
        if (!ended) setPolled((last) => ({ ...last, failure: asFailure(error), retry }));
      }
      inFlight = false;
      if (!ended) timer = setTimeout(() => void poll(), again ? 0 : nextDelayMs(failures));
    };
    const retry = (): void => {
      again = true;
      void poll();
    };
    const wake = (): void => void poll();

    document.addEventListener("visibilitychange", wake);
    window.addEventListener("online", wake);
    void poll();
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", wake);
      window.removeEventListener("online", wake);
    };
  }, []);

  return polled;
}
