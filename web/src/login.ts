// What the login of this tab may do, as the node says it.
import { useEffect, useState } from "preact/hooks";

import { fetchLogin, type Login } from "./api.ts";
import { kPollMs } from "./freshness.ts";

/** Null until the node has said it; a visitor has the scope "none". */
export function useLogin(): Login | null {
  const [login, setLogin] = useState<Login | null>(null);
  useEffect(() => {
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = (): void => {
      clearTimeout(timer);
      void fetchLogin().then(
        (now) => !ended && setLogin(now),
        () => {
          if (!ended) timer = setTimeout(look, kPollMs);
        },
      );
    };
    document.addEventListener("sessionchange", look);
    look();
    return () => {
      ended = true;
      clearTimeout(timer);
      document.removeEventListener("sessionchange", look);
    };
  }, []);
  return login;
}
