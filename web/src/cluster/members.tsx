// One row for each machine of the cluster.
import type { Cluster, Member } from "../api.ts";
import { ago } from "../format.ts";
import { inOrder, memberState, shortId } from "./standing.ts";

function Addresses({ addresses }: { addresses: string[] }) {
  const [first, ...others] = addresses;
  if (first === undefined) return <>–</>;
  return (
    <>
      <code>{first}</code>
      {others.length > 0 && (
        <details>
          <summary>{others.length} more</summary>
          <ul>
            {others.map((address) => (
              <li key={address}>
                <code>{address}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

interface Props {
  cluster: Cluster;
  now: number; // of the node
}

function Row({ member, cluster, now }: Props & { member: Member }) {
  const self = member.node_id === cluster.node_id;
  const { tone, word, note } = memberState(member);
  const rival = cluster.partition?.rivals.find((ballot) => ballot.node_id === member.node_id);
  const ownVersion = cluster.members.find((each) => each.node_id === cluster.node_id)?.version;
  const differs = member.version !== "" && member.version !== ownVersion;
  return (
    <tr data-testid="member" data-node={member.node_id} data-state={member.state} class={member.state === "left" ? "gone" : ""}>
      <th scope="row">
        <span class="member-name">{member.name || "Not heard yet"}</span>{" "}
        <code class="muted" title={member.node_id}>
          {shortId(member.node_id)}
        </code>{" "}
        {cluster.leader === member.node_id && <span class="chip strong">Leader</span>}{" "}
        {rival && <span class="chip warn">Leader elsewhere, term {rival.term}</span>} {self && <span class="chip">This node</span>}
      </th>
      <td data-label="State">
        <span class={`state tone-text-${tone}`}>
          <span class={`dot tone-${tone}`} aria-hidden="true" /> {word}
        </span>
        {note && <span class="muted note"> {note}</span>}
      </td>
      <td data-label="Roles">{member.roles.join(", ") || "–"}</td>
      <td data-label="Address">
        <Addresses addresses={member.addresses} />
      </td>
      <td data-label="Version">
        {member.version || "–"}
        {differs && <span class="tone-text-warn note"> other than here</span>}
      </td>
      <td data-label="Last heard" class="num">
        {self ? <span class="muted">–</span> : member.heard_at === null ? "never" : ago(now - member.heard_at)}
      </td>
    </tr>
  );
}

export function Members({ cluster, now }: Props) {
  return (
    <section class="card" aria-labelledby="members-title">
      <h2 id="members-title">Machines</h2>
      <p class="muted lead">
        Suspect: silent for three seconds. Dead: silent for six. Both are still members and take part again when they are back.
      </p>
      <table class="table members">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Roles</th>
            <th scope="col">Address</th>
            <th scope="col">Version</th>
            <th scope="col" class="num">
              Last heard
            </th>
          </tr>
        </thead>
        <tbody>
          {inOrder(cluster.members).map((member) => (
            <Row key={member.node_id} member={member} cluster={cluster} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}
