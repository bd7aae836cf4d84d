// Logic only, no DOM: one question at a time, with a last screen that shows all of them.

export interface Step {
  /** Index of the question on screen, or null on the last screen. */
  readonly shown: number | null;
  readonly hasBack: boolean;
  readonly isLast: boolean;
}

/** The screen at `position`, where positions beyond either end mean that end. */
export function stepAt(position: number, count: number): Step {
  const at = Math.max(0, Math.min(count, position));
  return { shown: at === count ? null : at, hasBack: at > 0, isLast: at === count };
}

/** Height under which four lines no longer fit, in CSS px at ordinary text size (rule T14). */
export const LOW_SCREEN_PX = 600;

/** A low screen shows one question at a time, whatever was chosen. */
export function effectiveLayout(
  chosen: "all" | "one",
  { height, textScale }: { readonly height: number; readonly textScale: number },
): "all" | "one" {
  return height < LOW_SCREEN_PX * textScale ? "one" : chosen;
}
