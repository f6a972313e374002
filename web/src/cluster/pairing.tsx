// Machines that want to become one cluster: a person compares six digits on both and confirms, or approves a machine by its id.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

import { approve, confirmPairing, refusePairing, type Login, type Pairing, type PairingRequest } from "../api.ts";
import { ago, duration } from "../format.ts";
import { asFailure, type Polled } from "../poll.ts";
import { Said } from "../said.tsx";
import { endingOf, grouped, idProblem, isPending, kMinApprovedId, peerName, requestTitle, typedDigits, whyNot } from "./pairing_words.ts";

interface Attempt {
  busy: boolean;
  problem: string | null;
  run: (what: () => Promise<void>) => void;
  say: (problem: string) => void;
}

/** One thing at a time that the node is asked to do; what it says against it stays until the next attempt. */
export function useAttempt(after: () => void): Attempt {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const run = (what: () => Promise<void>): void => {
    setBusy(true);
    setProblem(null);
    void what()
      .catch((error: unknown) => setProblem(asFailure(error).message))
      .finally(() => {
        setBusy(false);
        after();
      });
  };
  return { busy, problem, run, say: setProblem };
}

export function Problem({ text }: { text: string | null }) {
  return (
    <p role="alert" class="problem" data-testid="problem">
      {text !== null && <Said text={text} />}
    </p>
  );
}

/** A long id in groups that the eye can compare; copying it gives it whole. */
function WholeId({ id }: { id: string }) {
  return (
    <code class="whole-id" data-testid="whole-id">
      {(id.match(/.{1,4}/g) ?? []).map((part, i) => (
        <span key={i}>{part}</span>
      ))}
    </code>
  );
}

interface DecisionProps {
  request: PairingRequest;
  label: string;
  verb: string;
  hint?: string;
  numeric?: boolean;
  prepare: (typed: string) => { problem: string } | { act: () => Promise<void> };
  onDone: () => void;
}

function Decision({ request, label, verb, hint, numeric = false, prepare, onDone }: DecisionProps) {
  const [typed, setTyped] = useState("");
  const attempt = useAttempt(onDone);
  const confirm = (): void => {
    const prepared = prepare(typed);
    if ("problem" in prepared) attempt.say(prepared.problem);
    else attempt.run(prepared.act);
  };
  return (
    <form
      class="decision"
      onSubmit={(event) => {
        event.preventDefault();
        if (!attempt.busy) confirm();
      }}
    >
      <label>
        {label}
        <input
          class={numeric ? "digits-input" : "id-input"}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
          inputMode={numeric ? "numeric" : "text"}
          placeholder={hint}
          maxLength={numeric ? 8 : 80}
          autoComplete="off"
          autoCapitalize="none"
          spellcheck={false}
        />
      </label>
      <div class="decision-buttons">
        <button type="submit" class="primary" disabled={attempt.busy}>
          {verb}
        </button>
        <button type="button" disabled={attempt.busy} onClick={() => attempt.run(() => refusePairing(request.id))}>
          Refuse
        </button>
      </div>
      <Problem text={attempt.problem} />
    </form>
  );
}

function Side({ name, confirmed }: { name: string; confirmed: boolean }) {
  return (
    <li data-confirmed={confirmed}>
      <span class={`dot tone-${confirmed ? "ok" : "idle"}`} aria-hidden="true" /> {name}: {confirmed ? "confirmed" : "not confirmed yet"}
    </li>
  );
}

interface RequestProps {
  request: PairingRequest;
  own: string; // the name of this machine
  now: number; // of the node
  login: Login | null;
  onDone: () => void;
}

function Frame({ request, now, children }: { request: PairingRequest; now: number; children: ComponentChildren }) {
  return (
    <article class="request" data-testid="pairing-request" data-id={request.id} data-state={request.state} aria-labelledby={`request-${request.id}`}>
      <h3 id={`request-${request.id}`}>{requestTitle(request)}</h3>
      <p class="muted">
        <code>{request.address}</code>, asked {ago(now - request.since)}, good for {duration(request.expires - now)} more.
      </p>
      {children}
    </article>
  );
}

function May({ login, children }: { login: Login | null; children: ComponentChildren }) {
  if (login === null) return null;
  const reason = whyNot(login);
  if (reason === null) return <>{children}</>;
  return (
    <p class="why-not" data-testid="why-not">
      <Said text={reason} />
    </p>
  );
}

function ByDigits({ request, own, now, login, onDone }: RequestProps) {
  const name = peerName(request);
  const here = request.state === "confirmed_here";
  return (
    <Frame request={request} now={now}>
      <div class="compare">
        <div class="shown-here">
          <p class="muted">{own} shows</p>
          <p class="digits" data-testid="digits">
            {request.digits === null ? "… …" : grouped(request.digits)}
          </p>
          <ul class="sides" aria-label="Who has confirmed">
            <Side name={`${own}, here`} confirmed={here} />
            <Side name={name} confirmed={request.state === "confirmed_there"} />
          </ul>
        </div>
        <div class="decide">
          {here ? (
            <p>
              <strong>Now confirm on {name}.</strong> Type <strong class="nowrap">{request.digits === null ? "" : grouped(request.digits)}</strong> there, on its page or
              with <code>meshzero pair</code>.
            </p>
          ) : (
            <p>
              <strong>Look at {name}</strong>: its page, or <code>meshzero pair</code> in its terminal. Equal digits prove that nobody stands between the two
              machines. If they differ, or if you do not expect this machine, refuse.
            </p>
          )}
          <May login={login}>
            {here ? (
              <RefuseOnly request={request} onDone={onDone} />
            ) : (
              <Decision
                request={request}
                label={`Digits that ${name} shows`}
                hint="000 000"
                numeric
                verb="Confirm"
                onDone={onDone}
                prepare={(typed) => {
                  const digits = typedDigits(typed);
                  if (digits === null) return { problem: `Type the six digits that ${name} shows.` };
                  return { act: () => confirmPairing(request.id, digits) };
                }}
              />
            )}
          </May>
        </div>
      </div>
    </Frame>
  );
}

function RefuseOnly({ request, onDone }: { request: PairingRequest; onDone: () => void }) {
  const attempt = useAttempt(onDone);
  return (
    <>
      <button type="button" disabled={attempt.busy} onClick={() => attempt.run(() => refusePairing(request.id))}>
        Refuse after all
      </button>
      <Problem text={attempt.problem} />
    </>
  );
}

function ByApproval({ request, own, now, login, onDone }: RequestProps) {
  const name = peerName(request);
  if (request.direction === "out") {
    return (
      <Frame request={request} now={now}>
        <p>
          <Said text={request.text} /> <code>meshzero identity show</code> on {own} prints the id to compare.
        </p>
        <May login={login}>
          <RefuseOnly request={request} onDone={onDone} />
        </May>
      </Frame>
    );
  }
  return (
    <Frame request={request} now={now}>
      <p>Its node id is</p>
      <p>
        <WholeId id={request.node_id} />
      </p>
      <p>
        Let it in only if <code>meshzero identity show</code> on {name} prints the same id.
      </p>
      <May login={login}>
        <Decision
          request={request}
          label={`Id that ${name} prints, at least ${kMinApprovedId} characters`}
          verb="Approve"
          onDone={onDone}
          prepare={(typed) => {
            const problem = idProblem(typed, request);
            return problem === null ? { act: () => approve(request.node_id) } : { problem };
          }}
        />
      </May>
      <p class="muted said">
        <Said text={request.text} />
      </p>
    </Frame>
  );
}

function Ended({ request, now }: { request: PairingRequest; now: number }) {
  const { tone, word } = endingOf(request.state);
  return (
    <li data-testid="pairing-ended" data-id={request.id} data-state={request.state}>
      <span class={`state tone-text-${tone}`}>
        <span class={`dot tone-${tone}`} aria-hidden="true" /> {word}
      </span>{" "}
      <strong>{peerName(request)}</strong>, {ago(now - request.since)}. <Said text={request.text} />
    </li>
  );
}

interface Props {
  feed: Polled<Pairing>;
  login: Login | null;
  own: string;
  now: number;
}

/** Nothing while nobody asks. */
export function PairingPanel({ feed, login, own, now }: Props) {
  const requests = feed.value?.requests ?? [];
  const pending = requests.filter(isPending);
  const ended = requests.filter((request) => !isPending(request)).sort((a, b) => b.since - a.since);
  if (requests.length === 0) return null;
  return (
    <section class={pending.length > 0 ? "card pairing waiting" : "card pairing"} aria-labelledby="pairing-title" data-testid="pairing">
      <h2 id="pairing-title">Pairing</h2>
      {pending.map((request) =>
        request.kind === "approval" ? (
          <ByApproval key={request.id} request={request} own={own} now={now} login={login} onDone={feed.retry} />
        ) : (
          <ByDigits key={request.id} request={request} own={own} now={now} login={login} onDone={feed.retry} />
        ),
      )}
      {ended.length > 0 && (
        <ul class="ended" aria-label="Ended requests">
          {ended.map((request) => (
            <Ended key={request.id} request={request} now={now} />
          ))}
        </ul>
      )}
    </section>
  );
}
