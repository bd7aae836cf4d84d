// Logic only, no DOM: from a place on a line, or a key, to a value in tenths of a point.

export interface Scale {
  /** Tenths of a point at the low end. */
  readonly lowest: number;
  /** Tenths of a point at the high end. */
  readonly highest: number;
}

export interface Track {
  /** Viewport x of the line's left edge, in CSS px. */
  readonly left: number;
  /** Length of the line, in CSS px. */
  readonly width: number;
  /** The page is read from right to left: the low end is to the right. */
  readonly rightToLeft: boolean;
}

/** The value at a pointer's x. A touch beyond an end means that end. */
export function valueAt(x: number, track: Track, scale: Scale): number {
  if (track.width <= 0) return scale.lowest;
  const fromLeft = (x - track.left) / track.width;
  const share = track.rightToLeft ? 1 - fromLeft : fromLeft;
  return clamp(Math.round(scale.lowest + share * (scale.highest - scale.lowest)), scale);
}

export function clamp(value: number, { lowest, highest }: Scale): number {
  return Math.max(lowest, Math.min(highest, value));
}

/** Where the mark stands, 0 at the low end to 100 at the high end. */
export function percentOf(value: number, { lowest, highest }: Scale): number {
  return highest === lowest ? 0 : (100 * (value - lowest)) / (highest - lowest);
}

/** Where the arrows start from when nothing is set yet. */
export function middle({ lowest, highest }: Scale): number {
  return Math.round((lowest + highest) / 2);
}

const POINT = 10;

/** The value a key asks for; null for a key that is none of ours, so that Tab and the rest work. */
export function valueForKey(
  key: string,
  current: number | null,
  scale: Scale,
  { rightToLeft }: { readonly rightToLeft: boolean },
): number | null {
  const from = current ?? middle(scale);
  const towardsRight = rightToLeft ? -1 : 1;
  const steps: Readonly<Record<string, number>> = {
    ArrowUp: 1,
    ArrowDown: -1,
    ArrowRight: towardsRight,
    ArrowLeft: -towardsRight,
    PageUp: POINT,
    PageDown: -POINT,
  };
  const step = steps[key];
  if (step !== undefined) return clamp(from + step, scale);
  if (key === "Home") return scale.lowest;
  if (key === "End") return scale.highest;
  if (/^[0-9]$/.test(key)) return clamp(scale.lowest + Number(key) * POINT, scale);
  return null;
}

/** The nearest of the values that buttons offer; a tie goes to the higher one. */
export function nearest(value: number, offered: readonly number[]): number | null {
  let best: number | null = null;
  for (const each of offered) {
    const gain = best === null ? 1 : Math.abs(best - value) - Math.abs(each - value);
    if (gain > 0 || (gain === 0 && best !== null && each > best)) best = each;
  }
  return best;
}
