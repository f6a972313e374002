// The machines that work together: how it stands with them, who leads, and what has happened.
import { clusterOf, fetchDiscovery, type Cluster, type Pairing } from "../api.ts";
import { isStale } from "../freshness.ts";
import { useLogin } from "../login.ts";
import { NoStatus } from "../no_status.tsx";
import { Notice } from "../notice.tsx";
import { usePolled, type Polled } from "../poll.ts";
import type { EventFilter } from "../route.ts";
import type { StatusFeed } from "../status_feed.ts";
import { AddMachine } from "./add_machine.tsx";
import { ClusterMap } from "./cluster_map.tsx";
import { DiscoveryPanel } from "./discovery.tsx";
import { Events } from "./events.tsx";
import { Members } from "./members.tsx";
import { PairingPanel } from "./pairing.tsx";
import { memberName, policyWords, present, shortId, silent, standing } from "./standing.ts";

function Headline({ cluster, stale }: { cluster: Cluster; stale: boolean }) {
  const { tone, title, detail } = standing(cluster);
  return (
    <section class="headline" aria-labelledby="cluster-state" data-testid="standing">
      <h1 id="cluster-state">
        <span class={`dot big tone-${stale ? "idle" : tone}`} aria-hidden="true" />
        {title}
        {stale && <small> when the node last answered</small>}
      </h1>
      <p class="muted">{detail}</p>
    </section>
  );
}

function Frozen() {
  return (
    <div class="banner tone-warn" role="status" data-testid="frozen">
      <p>
        <strong>Its data directory was copied, or its backup put to use beside it.</strong> Stop the node with <code>meshzero down</code>, give it a new key
        with <code>meshzero identity reset</code>, and let it join again. Do the same on the other machine. The games stay.
      </p>
    </div>
  );
}

function Figures({ cluster }: { cluster: Cluster }) {
  const members = present(cluster);
  const answering = members.length - silent(cluster).length;
  const { ballot, leader } = cluster;
  return (
    <dl class="figures cluster-figures">
      <div data-testid="leader" data-leader={leader ?? ""}>
        <dt>Leader</dt>
        <dd>{leader ? memberName(cluster, leader) : "–"}</dd>
        <dd class="note">
          {leader === null ? (
            "nobody at the moment"
          ) : (
            <>
              <code>{shortId(leader)}</code>
              {leader === cluster.node_id && ", this node"}
            </>
          )}
        </dd>
      </div>
      <div data-testid="ballot">
        <dt>Ballot</dt>
        <dd>{ballot ? `Term ${ballot.term}` : "–"}</dd>
        <dd class="note">each new leader has a higher one</dd>
      </div>
      <div>
        <dt>Machines</dt>
        <dd>
          {answering} <small>of {members.length}</small>
        </dd>
        <dd class="note">answer</dd>
      </div>
      <div>
        <dt>Who may lead</dt>
        <dd>{policyWords(cluster.policy).word}</dd>
        <dd class="note">{policyWords(cluster.policy).meaning}</dd>
      </div>
    </dl>
  );
}

interface Props {
  feed: StatusFeed;
  pairing: Polled<Pairing>;
  now: number;
  filter: EventFilter;
}

export function ClusterPage({ feed, pairing, now, filter }: Props) {
  const { status } = feed;
  const discovery = usePolled(fetchDiscovery);
  const login = useLogin();
  if (!status) return <NoStatus feed={feed} />;
  const cluster = clusterOf(status);
  if (!cluster) return <Notice kind="empty" title="This node takes no part in a cluster yet" />;
  const frozen = cluster.role === "frozen";
  const alone = present(cluster).length <= 1 && !frozen;
  const stale = isStale(feed, now);
  const add = (
    <AddMachine
      cluster={cluster}
      port={status.port}
      discovery={discovery.value}
      pairing={pairing.value}
      login={login}
      onAsked={pairing.retry}
    />
  );
  return (
    <div class="stack">
      <Headline cluster={cluster} stale={stale} />
      {frozen && <Frozen />}
      <PairingPanel feed={pairing} login={login} own={status.name} now={status.now} />
      {!alone && !frozen && <Figures cluster={cluster} />}
      <ClusterMap cluster={cluster} discovery={discovery.value} now={status.now} />
      {alone && (
        <section class="card" aria-labelledby="add-title">
          <h2 id="add-title">Add a machine</h2>
          {add}
        </section>
      )}
      <Members cluster={cluster} now={status.now} />
      <DiscoveryPanel feed={discovery} now={status.now} />
      {!alone && !frozen && (
        <details class="card fold">
          <summary>Add a machine</summary>
          {add}
        </details>
      )}
      <Events cluster={cluster} filter={filter} now={now} />
    </div>
  );
}
