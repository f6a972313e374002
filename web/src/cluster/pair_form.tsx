// Asks a machine at an address that a person names to pair.
import { useState } from "preact/hooks";

import { askToPair, type Login } from "../api.ts";
import { Said } from "../said.tsx";
import { Problem, useAttempt } from "./pairing.tsx";
import { whyNot } from "./pairing_words.ts";

export function PairForm({ login, onDone }: { login: Login | null; onDone: () => void }) {
  const [address, setAddress] = useState("");
  const attempt = useAttempt(onDone);
  if (login === null) return null;
  const reason = whyNot(login);
  if (reason !== null) {
    return (
      <p class="why-not" data-testid="why-not">
        <Said text={reason} />
      </p>
    );
  }
  return (
    <form
      class="decision pair-form"
      data-testid="pair-form"
      onSubmit={(event) => {
        event.preventDefault();
        const peer = address.trim();
        if (attempt.busy) return;
        if (peer === "") attempt.say("Type the address of the other machine, such as studio.local:8765.");
        else attempt.run(() => askToPair(peer));
      }}
    >
      <label>
        Address of the other machine
        <input
          value={address}
          onInput={(event) => setAddress(event.currentTarget.value)}
          placeholder="studio.local:8765"
          maxLength={300}
          autoComplete="off"
          autoCapitalize="none"
          spellcheck={false}
        />
      </label>
      <div class="decision-buttons">
        <button type="submit" class="primary" disabled={attempt.busy}>
          {attempt.busy ? "Asking …" : "Ask to pair"}
        </button>
      </div>
      <Problem text={attempt.problem} />
    </form>
  );
}
