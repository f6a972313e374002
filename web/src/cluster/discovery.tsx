// How this node looks for other machines, what it says of itself, and every address it has come across with the reason why there is or
// is not a member behind it.
import type { Candidate, Discovery } from "../api.ts";
import { ago, plural } from "../format.ts";
import { Notice } from "../notice.tsx";
import type { Polled } from "../poll.ts";
import { Said } from "../said.tsx";
import { candidateState, inOrder, isOutside, sourceWords } from "./candidate_words.ts";
import { shortId } from "./standing.ts";

const kStates: Readonly<Record<string, { tone: string; word: string }>> = {
  running: { tone: "ok", word: "Looking for machines" },
  starting: { tone: "idle", word: "Starting" },
  off: { tone: "idle", word: "Off" },
  unavailable: { tone: "warn", word: "Not available" },
};

const kBackends: Readonly<Record<string, string>> = { avahi: "Avahi", dns_sd: "Bonjour" };

function Standing({ discovery: { discovery, advert } }: { discovery: Discovery }) {
  const { tone, word } = kStates[discovery.state] ?? { tone: "idle", word: discovery.state };
  const backend = kBackends[discovery.backend];
  return (
    <dl class="facts discovery-facts">
      <div>
        <dt>State</dt>
        <dd data-testid="discovery-state" data-state={discovery.state}>
          <span class={`state tone-text-${tone}`}>
            <span class={`dot tone-${tone}`} aria-hidden="true" /> {word}
          </span>
          {backend && <span class="muted"> by {backend}</span>}
          <br />
          <Said text={discovery.text} />
        </dd>
      </div>
      <div>
        <dt>Says of itself</dt>
        <dd data-testid="advert">
          {advert === null ? (
            "Nothing: other machines cannot see this node by themselves."
          ) : (
            <>
              <strong>{advert.instance}</strong> at port {advert.port}, cluster <code>{advert.cluster}</code>,{" "}
              {advert.pairing_open ? "open to pairing" : "closed to pairing"}
            </>
          )}
        </dd>
      </div>
    </dl>
  );
}

function Row({ candidate, now }: { candidate: Candidate; now: number }) {
  const { tone, word } = candidateState(candidate);
  return (
    <tr data-testid="candidate" data-state={candidate.state} data-address={candidate.address}>
      <th scope="row">
        <span class="member-name">{candidate.name || candidate.address}</span>{" "}
        {candidate.node_id !== "" && (
          <code class="muted" title={candidate.node_id}>
            {shortId(candidate.node_id)}
          </code>
        )}
        {candidate.name !== "" && (
          <div class="note">
            <code class="muted">{candidate.address}</code>
          </div>
        )}
      </th>
      <td data-label="State">
        <span class={`state tone-text-${tone}`}>
          <span class={`dot tone-${tone}`} aria-hidden="true" /> {word}
        </span>
      </td>
      <td data-label="Why" class="why">
        <span>
          <Said text={candidate.reason} />
          {candidate.failures > 0 && <span class="muted"> {plural(candidate.failures, "attempt")} in vain.</span>}
        </span>
      </td>
      <td data-label="Known because">
        <span>{sourceWords(candidate)}</span>
      </td>
      <td data-label="Last answer" class="num">
        <span>{candidate.last_worked === null ? "never" : ago(now - candidate.last_worked)}</span>
      </td>
    </tr>
  );
}

function Candidates({ candidates, now }: { candidates: Candidate[]; now: number }) {
  return (
    <table class="table members candidates">
      <thead>
        <tr>
          <th scope="col">Machine</th>
          <th scope="col">State</th>
          <th scope="col">Why</th>
          <th scope="col">Known because</th>
          <th scope="col" class="num">
            Last answer
          </th>
        </tr>
      </thead>
      <tbody>
        {inOrder(candidates).map((candidate) => (
          <Row key={candidate.address} candidate={candidate} now={now} />
        ))}
      </tbody>
    </table>
  );
}

export function DiscoveryPanel({ feed, now }: { feed: Polled<Discovery>; now: number }) {
  const { value, failure, retry } = feed;
  const outside = value?.candidates.filter(isOutside) ?? [];
  const inside = value?.candidates.filter((candidate) => !isOutside(candidate)) ?? [];
  return (
    <section class="card" aria-labelledby="discovery-title" data-testid="discovery">
      <h2 id="discovery-title">Seen on the network</h2>
      <p class="muted lead">An address is only a hint. A machine becomes a member by pairing, by approval or by a token, never by itself.</p>
      {!value && !failure && <Notice kind="loading" title="Asking the node what it sees …" />}
      {!value && failure && (
        <Notice kind="error" title="What the node sees could not be fetched" onRetry={retry}>
          <p>{failure.message}</p>
        </Notice>
      )}
      {value && (
        <>
          <Standing discovery={value} />
          {outside.length > 0 ? (
            <Candidates candidates={outside} now={now} />
          ) : (
            <p class="nobody" data-testid="nobody-seen">
              No machine outside this cluster is seen.
            </p>
          )}
          {inside.length > 0 && (
            <details class="inside">
              <summary>{plural(inside.length, "address", "addresses")} of members and of this node</summary>
              <Candidates candidates={inside} now={now} />
            </details>
          )}
        </>
      )}
    </section>
  );
}
