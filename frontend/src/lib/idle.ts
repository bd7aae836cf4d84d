// Logic only, no DOM, no clock of its own: when to ask whether anybody is still there.

export interface IdleRule {
  /** Seconds without a touch before the question. */
  readonly askAfterSeconds: number;
  /** Seconds the question stands before the screen is emptied. */
  readonly countdownSeconds: number;
}

export type Idle =
  | { readonly kind: "busy" }
  | { readonly kind: "asking"; readonly secondsLeft: number }
  | { readonly kind: "over" };

/** Where the patient stands, by milliseconds on one clock. */
export function idleState(lastTouchMs: number, nowMs: number, rule: IdleRule): Idle {
  const seconds = (nowMs - lastTouchMs) / 1000;
  if (seconds < rule.askAfterSeconds) return { kind: "busy" };
  const left = rule.askAfterSeconds + rule.countdownSeconds - seconds;
  return left > 0 ? { kind: "asking", secondsLeft: Math.ceil(left) } : { kind: "over" };
}

/** Whole seconds left of a window that opened at `startMs`; never below nought. */
export function secondsLeft(startMs: number, nowMs: number, windowSeconds: number): number {
  return Math.max(0, Math.ceil(windowSeconds - (nowMs - startMs) / 1000));
}
