// Logic only, no DOM, no network: what happens to a rating between "Done" and "stored".

/** How long to wait before each new try, in milliseconds; the last one is repeated. */
export const PAUSES_MS: readonly number[] = [1_000, 2_000, 4_000, 8_000, 15_000];

/** Why the service will not take the rating, in the reader's language. */
export interface Refusal {
  readonly status: number;
  readonly message: string;
}

export interface StoredRating {
  readonly rating: string;
  readonly next: string;
}

/** The body and its key stay the same through every try, so that the rating is stored once. */
export type Submission =
  | { readonly kind: "open" }
  | { readonly kind: "sending"; readonly body: string; readonly failures: number }
  | { readonly kind: "waiting"; readonly body: string; readonly failures: number }
  | { readonly kind: "stored"; readonly stored: StoredRating }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export type SubmissionEvent =
  | { readonly kind: "done"; readonly body: string }
  | { readonly kind: "answered"; readonly status: number; readonly reply: unknown }
  | { readonly kind: "unanswered" }
  | { readonly kind: "again" }
  | { readonly kind: "change" };

export const OPEN: Submission = { kind: "open" };

/** The next state. An event that does not belong to the state changes nothing. */
export function advance(state: Submission, event: SubmissionEvent): Submission {
  switch (event.kind) {
    case "done":
      return mayBegin(state) ? { kind: "sending", body: event.body, failures: 0 } : state;
    case "answered":
      return state.kind === "sending" ? afterAnswer(state, event.status, event.reply) : state;
    case "unanswered":
      return state.kind === "sending" ? pause(state) : state;
    case "again":
      return state.kind === "waiting" ? { ...state, kind: "sending" } : state;
    case "change":
      return state.kind === "stored" || state.kind === "refused" ? OPEN : state;
  }
}

/** How long to wait before trying again, in milliseconds. */
export function pauseAfter(failures: number): number {
  const last = PAUSES_MS.length - 1;
  return PAUSES_MS[Math.min(Math.max(failures - 1, 0), last)] ?? 0;
}

function mayBegin(state: Submission): boolean {
  return state.kind === "open" || state.kind === "refused";
}

function afterAnswer(
  state: { readonly body: string; readonly failures: number },
  status: number,
  reply: unknown,
): Submission {
  const stored = status === 201 ? readStored(reply) : null;
  if (stored) return { kind: "stored", stored };
  const cannotBeHelped = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (cannotBeHelped) return { kind: "refused", refusal: { status, message: readMessage(reply) } };
  return pause(state);
}

function pause({
  body,
  failures,
}: {
  readonly body: string;
  readonly failures: number;
}): Submission {
  return { kind: "waiting", body, failures: failures + 1 };
}

function readStored(reply: unknown): StoredRating | null {
  const { rating, next } = asRecord(reply);
  const hasId = typeof rating === "string" || typeof rating === "number";
  return hasId && typeof next === "string" ? { rating: String(rating), next } : null;
}

function readMessage(reply: unknown): string {
  const { what, allowed, do: remedy } = asRecord(asRecord(reply)["error"]);
  return [what, allowed, remedy].filter((part) => typeof part === "string" && part).join(" ");
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
