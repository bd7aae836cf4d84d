// Network and timers, no DOM: sends one rating until the service has it, by the rules of lib/submission.
import {
  advance,
  OPEN,
  pauseAfter,
  type Submission,
  type SubmissionEvent,
} from "../lib/submission";

const NO_ANSWER_MS = 10_000;

export class Sender {
  #state: Submission = OPEN;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly changed: (state: Submission) => void) {
    addEventListener("online", () => this.again());
  }

  get state(): Submission {
    return this.#state;
  }

  /** Send this body. A rating that is already on its way stays as it is. */
  send(body: string): void {
    this.#happen({ kind: "done", body });
  }

  /** Try now instead of waiting out the pause. */
  again(): void {
    this.#happen({ kind: "again" });
  }

  /** The stored rating is to be changed: open for a new one. */
  reopen(): void {
    this.#happen({ kind: "change" });
  }

  #happen(event: SubmissionEvent): void {
    const next = advance(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    clearTimeout(this.#timer);
    if (next.kind === "sending") void this.#attempt(next.body);
    if (next.kind === "waiting") {
      this.#timer = setTimeout(() => this.again(), pauseAfter(next.failures));
    }
    this.changed(next);
  }

  async #attempt(body: string): Promise<void> {
    try {
      const answer = await post("/tablet/ratings", body);
      this.#happen({ kind: "answered", ...answer });
    } catch {
      this.#happen({ kind: "unanswered" });
    }
  }
}

/** Tell the clinician's page how far the patient is: a count, never a mark. Loss does no harm. */
export async function tell(path: string, content: Readonly<Record<string, number>>): Promise<void> {
  await post(path, JSON.stringify(content));
}

/** What the service answered, its body null when it is no JSON; rejects when no answer came in time. */
async function post(path: string, body: string): Promise<{ status: number; reply: unknown }> {
  const stop = new AbortController();
  const limit = setTimeout(() => stop.abort(), NO_ANSWER_MS);
  try {
    const answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body,
      cache: "no-store",
      signal: stop.signal,
    });
    const reply: unknown = await answer.json().catch(() => null);
    return { status: answer.status, reply };
  } finally {
    clearTimeout(limit);
  }
}
