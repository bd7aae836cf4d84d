// Logic only, no DOM: how far a press-and-hold has come.

/** Long enough that no child opens the staff corner by chance (rule K9). */
export const HOLD_MS = 2_000;

/** Share of the hold that is done, 0 to 1. */
export function heldShare(startMs: number, nowMs: number): number {
  return Math.max(0, Math.min(1, (nowMs - startMs) / HOLD_MS));
}
