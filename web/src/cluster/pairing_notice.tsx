// The line on every other part of the page while a machine waits for somebody here.
import type { Pairing } from "../api.ts";
import { routeHash } from "../route.ts";
import { requestTitle, waitsForPerson } from "./pairing_words.ts";

export function PairingNotice({ pairing }: { pairing: Pairing | null }) {
  const waiting = pairing?.requests.filter(waitsForPerson) ?? [];
  const [first] = waiting;
  return (
    <div role="status">
      {first && (
        <div class="banner tone-ask" data-testid="pairing-notice">
          <p>
            <strong>{requestTitle(first)}.</strong>{" "}
            {waiting.length > 1 ? `${waiting.length} machines wait for you.` : "It waits for you to compare and confirm."}
          </p>
          <a class="button" href={routeHash({ page: "cluster" })}>
            Look at it
          </a>
        </div>
      )}
    </div>
  );
}
