// Numbers and times in the words a person reads. Every function takes plain numbers and returns the full text with its unit.

const kDash = "–";

/** 12345 → "12,345". */
export function count(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : kDash;
}

/** A rate with as many digits as mean something: "0.42", "8.3", "812", "12,345". */
export function rate(value: number): string {
  if (!Number.isFinite(value)) return kDash;
  if (value === 0) return "0";
  if (value < 1) return value.toFixed(2);
  if (value < 10) return value.toFixed(1);
  return count(value);
}

/** Bytes in decimal units, as disks are sold and as the limits are given: 1500 → "1.5 kB". */
export function bytes(value: number): string {
  if (!Number.isFinite(value)) return kDash;
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A length of time in its two largest units: "45 s", "3 min 20 s", "2 h 5 min", "6 d 3 h". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return kDash;
  const s = Math.max(0, Math.floor(seconds));
  const parts: [number, string][] = [
    [Math.floor(s / 86400), "d"],
    [Math.floor(s / 3600) % 24, "h"],
    [Math.floor(s / 60) % 60, "min"],
    [s % 60, "s"],
  ];
  const first = parts.findIndex(([n]) => n > 0);
  if (first === -1) return "0 s";
  return parts
    .slice(first, first + 2)
    .filter(([n]) => n > 0)
    .map(([n, unit]) => `${n} ${unit}`)
    .join(" ");
}

/** How long ago, in one unit: "just now", "12 s ago", "3 min ago", "2 h ago", "5 d ago". */
export function ago(seconds: number): string {
  if (!Number.isFinite(seconds)) return kDash;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 2) return "just now";
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}

/** A share of a whole, never rounded up to 100 % before it is complete nor down to 0 % once it has begun. */
export function percent(part: number, whole: number): string {
  if (!(whole > 0) || !Number.isFinite(part)) return kDash;
  const share = (100 * part) / whole;
  if (share >= 100) return `${Math.floor(share)} %`;
  if (share > 99) return "99 %";
  if (share > 0 && share < 1) return "<1 %";
  return `${Math.floor(share)} %`;
}

/** "1 game", "2 games". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** The first digits of a long hexadecimal name. */
export function short(id: string): string {
  return id.slice(0, 10);
}
