// The shown position as one line of text, to be copied into other tools.
import { useEffect, useRef, useState } from "preact/hooks";

export function PositionText({ text }: { text: string }) {
  const [done, setDone] = useState<"" | "copied" | "failed">("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => setDone(""), [text]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setDone("copied");
    } catch {
      field.current?.select(); // the browser forbids it: leave it to the person
      setDone("failed");
    }
  };
  return (
    <details class="position-text">
      <summary>Position as text</summary>
      <textarea ref={field} readOnly rows={4} value={text} aria-label="Position as text" data-testid="position-text" />
      <p>
        <button type="button" onClick={() => void copy()}>
          Copy position
        </button>{" "}
        <span role="status">{done === "copied" ? "Copied." : done === "failed" ? "Selected: copy it with Ctrl+C." : ""}</span>
      </p>
    </details>
  );
}
