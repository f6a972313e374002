// How another machine becomes a member, with commands that fit this cluster.
import { useState } from "preact/hooks";

import type { Cluster } from "../api.ts";
import { joinCommands, present } from "./standing.ts";

function Command({ text, label }: { text: string; label: string }) {
  const [done, setDone] = useState<"" | "Copied." | "Select it and press Ctrl+C.">("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("Copied.");
    } catch {
      setDone("Select it and press Ctrl+C."); // the browser forbids it
    }
  };
  return (
    <div class="command">
      <pre tabIndex={0} aria-label={label}>
        <code>{text}</code>
      </pre>
      <button type="button" onClick={() => void copy()} aria-label={`Copy: ${label}`}>
        Copy
      </button>
      <span role="status" class="muted">
        {done}
      </span>
    </div>
  );
}

export function AddMachine({ cluster, port }: { cluster: Cluster; port: number }) {
  const self = cluster.members.find((member) => member.node_id === cluster.node_id);
  if (!self) return null;
  const { token, join, file } = joinCommands(self, port);
  const admins = present(cluster).filter((member) => member.roles.includes("admin"));
  const here = admins.some((member) => member.node_id === cluster.node_id) || admins.length === 0;
  return (
    <ol class="steps" data-testid="add-machine">
      <li>
        <p>
          {here ? "On this machine" : `On an admin (${admins.map((member) => member.name).join(", ")})`}, make a token. It is shown once, lets one machine
          in and is good for an hour.
        </p>
        <Command text={token} label="command that makes a token" />
      </li>
      <li>
        <p>
          On the other machine, keep it in the file <code>{file}</code> and start the node with it. Any address at which this node is reached will do.
        </p>
        <Command text={join} label="command that joins" />
      </li>
    </ol>
  );
}
