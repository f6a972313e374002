// The events of the cluster, newest first, with filters that are part of the address.
import { useEffect, useState } from "preact/hooks";

import type { Cluster, ClusterEvent, Member } from "../api.ts";
import { count, plural } from "../format.ts";
import { Notice } from "../notice.tsx";
import { routeHash, type EventFilter } from "../route.ts";
import { isFiltered, kindWord, kKinds, matches } from "./event_filter.ts";
import { useEvents } from "./event_feed.ts";
import { inOrder, shortId } from "./standing.ts";

const kShownAtOnce = 50;
const kLabelLength = 28; // characters of a name in a list
const kTypingDelayMs = 250; // browsers refuse to rewrite the address many times a second

/** Members, and whoever else the events are about, by id. */
function nodesToChoose(cluster: Cluster, events: readonly ClusterEvent[]): [id: string, label: string][] {
  const name = (member: Member): string => (member.name.length > kLabelLength ? `${member.name.slice(0, kLabelLength)}…` : member.name || "?");
  const labels = new Map(inOrder(cluster.members).map((member) => [member.node_id, `${name(member)} (${shortId(member.node_id)})`]));
  for (const { node } of events) if (node !== null && !labels.has(node)) labels.set(node, shortId(node));
  return [...labels];
}

interface FilterProps {
  filter: EventFilter;
  text: string;
  onText: (text: string) => void;
  nodes: [id: string, label: string][];
}

function Filters({ filter, text, onText, nodes }: FilterProps) {
  const go = (change: EventFilter): void => {
    location.hash = routeHash({ page: "cluster", ...filter, text: text || undefined, ...change });
  };
  const chosen = filter.node ? (nodes.find(([id]) => id.startsWith(filter.node ?? ""))?.[0] ?? filter.node) : "";
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Which events" role="search">
      <label>
        Kind
        <select value={filter.kind ?? ""} onChange={(event) => go({ kind: event.currentTarget.value || undefined })}>
          <option value="">All kinds</option>
          {Object.entries(kKinds).map(([kind, word]) => (
            <option key={kind} value={kind}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <label>
        Machine
        <select value={chosen} onChange={(event) => go({ node: event.currentTarget.value || undefined })}>
          <option value="">All machines</option>
          {nodes.map(([id, label]) => (
            <option key={id} value={id}>
              {label}
            </option>
          ))}
          {chosen !== "" && !nodes.some(([id]) => id === chosen) && <option value={chosen}>{shortId(chosen)}</option>}
        </select>
      </label>
      <label>
        Level
        <select
          value={filter.level ?? ""}
          onChange={(event) => go({ level: (event.currentTarget.value || undefined) as EventFilter["level"] })}
        >
          <option value="">All levels</option>
          <option value="warn">Warnings and errors</option>
          <option value="error">Errors</option>
        </select>
      </label>
      <label>
        Text
        <input type="search" value={text} placeholder="words of the event" onInput={(event) => onText(event.currentTarget.value)} />
      </label>
    </form>
  );
}

function When({ at, now }: { at: number; now: number }) {
  const date = new Date(at * 1000);
  const today = date.toDateString() === new Date(now).toDateString();
  const time = date.toLocaleTimeString("en-GB");
  const day = date.toLocaleDateString("en-US", { month: "short", day: "numeric" });
  return (
    <time dateTime={date.toISOString()} title={date.toString()}>
      {today ? time : `${day}, ${time}`}
    </time>
  );
}

const kLevelWords: Readonly<Record<string, string>> = { warn: "Warning", error: "Error" };

function Row({ event, now }: { event: ClusterEvent; now: number }) {
  const word = kLevelWords[event.level];
  return (
    <tr data-testid="event" data-kind={event.kind} data-level={event.level}>
      <td class="when">
        <When at={event.at} now={now} />
      </td>
      <td class="kind">{kindWord(event.kind)}</td>
      <td class="said">
        {word && (
          <>
            <span class={`dot tone-${event.level}`} aria-hidden="true" />
            <span class="visually-hidden">{word}:</span>{" "}
          </>
        )}
        {event.text}
      </td>
    </tr>
  );
}

export function Events({ cluster, filter, now }: { cluster: Cluster; filter: EventFilter; now: number }) {
  const { events, failure, retry } = useEvents();
  const [text, setText] = useState(filter.text ?? "");
  const [room, setRoom] = useState(kShownAtOnce);

  // Typing shows at once and reaches the address a moment later, without a step of the history for each letter.
  useEffect(() => setText(filter.text ?? ""), [filter.text]);
  useEffect(() => {
    if (text === (filter.text ?? "")) return undefined;
    const hash = routeHash({ page: "cluster", ...filter, text: text || undefined });
    const timer = setTimeout(() => location.replace(hash), kTypingDelayMs);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setRoom(kShownAtOnce), [routeHash({ page: "cluster", ...filter })]);

  const current = { ...filter, text };
  const found = (events ?? []).filter((event) => matches(event, current)).reverse();
  const shown = found.slice(0, room);
  return (
    <section class="card" aria-labelledby="events-title">
      <h2 id="events-title">Events</h2>
      <p class="muted lead">What this node has seen of the cluster, newest first. Other nodes may have seen other things.</p>
      <Filters filter={filter} text={text} onText={setText} nodes={nodesToChoose(cluster, events ?? [])} />
      {events && (
        <p class="found muted">
          <span role="status" data-testid="event-count">
            {isFiltered(current) ? `${count(found.length)} of ${plural(events.length, "event")}` : plural(events.length, "event")}
          </span>
          {isFiltered(current) && (
            <>
              {" "}
              <a href="#/cluster" onClick={() => setText("")}>
                Show all
              </a>
            </>
          )}
        </p>
      )}
      {failure && events && (
        <div class="banner tone-warn" role="status">
          <p>These events could not be renewed: {failure.message}</p>
        </div>
      )}
      {!events && !failure && <Notice kind="loading" title="Fetching the events …" />}
      {!events && failure && (
        <Notice kind="error" title="The events could not be fetched" onRetry={retry}>
          <p>{failure.message}</p>
        </Notice>
      )}
      {events && found.length === 0 && (
        <Notice kind="empty" title={isFiltered(current) ? "No such event" : "Nothing has happened yet"}>
          <p>{isFiltered(current) ? "Nothing that this node remembers matches this choice." : "Joining machines, new leaders and tokens appear here."}</p>
        </Notice>
      )}
      {shown.length > 0 && (
        <table class="table events">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Kind</th>
              <th scope="col">What happened</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((event) => (
              <Row key={event.number} event={event} now={now} />
            ))}
          </tbody>
        </table>
      )}
      {found.length > shown.length && (
        <p class="more">
          <button type="button" onClick={() => setRoom(room + kShownAtOnce)}>
            Show {Math.min(kShownAtOnce, found.length - shown.length)} older
          </button>
        </p>
      )}
    </section>
  );
}
