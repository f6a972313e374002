// How another machine becomes a member: by pairing, or with commands that fit this cluster.
import { useState } from "preact/hooks";

import type { Cluster, Discovery, Login, Pairing } from "../api.ts";
import { Said } from "../said.tsx";
import { PairForm } from "./pair_form.tsx";
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

function ByToken({ cluster, port }: { cluster: Cluster; port: number }) {
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

function OnThisNetwork({ discovery, pairing }: { discovery: Discovery; pairing: Pairing | null }) {
  if (discovery.advert === null) {
    return (
      <p>
        <Said text={discovery.discovery.text} /> So machines do not find each other by themselves.
      </p>
    );
  }
  if (pairing !== null && !pairing.open) return <p>Pairing is switched off on this node.</p>;
  return (
    <p>
      Start the other machine with <code>meshzero up</code>. It finds this cluster, and both show six digits for you to compare, here on this page.
    </p>
  );
}

interface Props {
  cluster: Cluster;
  port: number;
  discovery: Discovery | null; // null: not known
  pairing: Pairing | null;
  login: Login | null;
  onAsked: () => void;
}

export function AddMachine({ cluster, port, discovery, pairing, login, onAsked }: Props) {
  const alone = present(cluster).length <= 1;
  return (
    <div class="ways">
      {discovery !== null && (
        <section>
          <h3>On the same network</h3>
          <OnThisNetwork discovery={discovery} pairing={pairing} />
        </section>
      )}
      <section>
        <h3>At an address you know</h3>
        {alone ? (
          <>
            <p class="lead">This node asks the machine there to take it in. Both show six digits.</p>
            <PairForm login={login} onDone={onAsked} />
          </>
        ) : (
          <p>
            The machine that joins has to ask. On it, open this part of its page, or type <code>meshzero pair start</code> and an address of this node.
          </p>
        )}
      </section>
      <section>
        <h3>By a token, without anybody there</h3>
        <ByToken cluster={cluster} port={port} />
      </section>
    </div>
  );
}
