// The sign of a seat: its own shape in its own colour, so that no seat is known by colour alone.

const kShapes: Readonly<Record<number, string>> = {
  1: "M0-6.2a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4Z",
  2: "M0-7.6 7.6 0 0 7.6-7.6 0Z",
  3: "M0-7.2 7.4 5.8H-7.4Z",
  4: "M-2.4-6.8H2.4V-2.4H6.8V2.4H2.4V6.8H-2.4V2.4H-6.8V-2.4H-2.4Z",
};

/** A shape of about 14 units around 0,0, for use inside an svg. */
export function SeatShape({ seat }: { seat: number }) {
  return <path class={`seat-fill-${seat} seat-shape`} d={kShapes[seat] ?? kShapes[1]} />;
}

export function SeatMark({ seat, size = 16 }: { seat: number; size?: number }) {
  return (
    <svg class="seat-mark" viewBox="-9 -9 18 18" width={size} height={size} aria-hidden="true">
      <SeatShape seat={seat} />
    </svg>
  );
}
