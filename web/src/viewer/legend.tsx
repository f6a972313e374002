// How to read the board, and the keys.

export function Legend() {
  const swatch = (kind: string) => (
    <svg viewBox="-12 -12 24 24" width="18" height="18" aria-hidden="true">
      <rect class={`outline outline-${kind}`} x="-9" y="-9" width="18" height="18" rx="1" />
    </svg>
  );
  return (
    <details class="legend">
      <summary>Reading the board, and keys</summary>
      <div class="legend-body">
        <ul>
          <li>A pile is a stack of rings. The ring on top says who controls it; the number is its height.</li>
          <li>Small shapes are markers; each seat has its own shape. Hatched cells are territory, for ever.</li>
          <li>Cells are named x,y: y is at the left edge, x along the other one with numbers.</li>
          <li>{swatch("from")} where the last move began</li>
          <li>{swatch("to")} where it ended</li>
          <li>{swatch("target")} the stack it took a ring from</li>
          <li>{swatch("taken")} cells it turned into territory</li>
          <li>{swatch("must")} the stack that has to move now</li>
        </ul>
        <dl class="keys">
          <dt>
            <kbd>←</kbd> <kbd>→</kbd>
          </dt>
          <dd>one move back, one on</dd>
          <dt>
            <kbd>[</kbd> <kbd>]</kbd>
          </dt>
          <dd>one turn back, one on</dd>
          <dt>
            <kbd>Home</kbd> <kbd>End</kbd>
          </dt>
          <dd>start, end</dd>
          <dt>
            <kbd>Space</kbd>
          </dt>
          <dd>play, pause</dd>
          <dt>
            <kbd>Shift</kbd> + arrows
          </dt>
          <dd>with the board focused: look at a cell</dd>
        </dl>
      </div>
    </details>
  );
}
