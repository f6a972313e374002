// One look for the three ways of having nothing to show: still loading, nothing there, or something wrong.
import type { ComponentChildren } from "preact";

interface Props {
  kind: "loading" | "empty" | "error";
  title: string;
  children?: ComponentChildren;
  onRetry?: () => void;
}

const kGlyphs = {
  loading: "M12 3a9 9 0 1 0 9 9",
  empty: "M4 7h16v12H4zM4 7l2-3h12l2 3M9 12h6",
  error: "M12 4 2.8 20h18.4L12 4Zm0 6v5m0 2.2v.3",
};

export function Notice({ kind, title, children, onRetry }: Props) {
  return (
    <div class={`notice notice-${kind}`} role={kind === "error" ? "alert" : "status"} data-testid={`notice-${kind}`}>
      <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">
        <path d={kGlyphs[kind]} fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      <p class="notice-title">{title}</p>
      {children}
      {onRetry && (
        <button type="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
