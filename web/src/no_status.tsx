// What stands in the place of a part that needs the node's status before there is one.
import type { ApiFailure } from "./api.ts";
import { Notice } from "./notice.tsx";
import type { StatusFeed } from "./status_feed.ts";

const kFailureTitles: Readonly<Record<ApiFailure["kind"], string>> = {
  unreachable: "No answer from the node",
  refused: "The node reports a problem",
  unreadable: "The node's answer cannot be read",
};

export function NoStatus({ feed }: { feed: StatusFeed }) {
  if (!feed.failure) return <Notice kind="loading" title="Asking the node how it is …" />;
  return (
    <Notice kind="error" title={kFailureTitles[feed.failure.kind]} onRetry={feed.retry}>
      <p>{feed.failure.message}</p>
    </Notice>
  );
}
