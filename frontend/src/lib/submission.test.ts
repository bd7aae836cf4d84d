import { describe, expect, it } from "vitest";
import { advance, OPEN, pauseAfter, type Submission, type SubmissionEvent } from "./submission";

const BODY = '{"submission_key":"a","answers":{"o1":73}}';
const STORED = { rating: "r9", next: "/tablet/visit/7/thanks" };

const stateAfter = (...events: SubmissionEvent[]): Submission => events.reduce(advance, OPEN);
const done: SubmissionEvent = { kind: "done", body: BODY };
const answered = (status: number, reply: unknown = {}): SubmissionEvent => ({
  kind: "answered",
  status,
  reply,
});

describe("a rating on its way", () => {
  it("is stored when the service says so", () => {
    expect(stateAfter(done, answered(201, STORED))).toEqual({ kind: "stored", stored: STORED });
  });

  it("takes a number for an id as well", () => {
    const state = stateAfter(done, answered(201, { ...STORED, rating: 9 }));

    expect(state).toEqual({ kind: "stored", stored: { ...STORED, rating: "9" } });
  });

  it.each([[500], [502], [503], [408], [429], [200], [0]])(
    "is kept and tried again, unchanged, after an answer of %d",
    (status) => {
      const waiting = stateAfter(done, answered(status, STORED));

      expect(waiting).toEqual({ kind: "waiting", body: BODY, failures: 1 });
      expect(advance(waiting, { kind: "again" })).toEqual({
        kind: "sending",
        body: BODY,
        failures: 1,
      });
    },
  );

  it("is kept when there is no network at all, and when 201 comes without an id", () => {
    expect(stateAfter(done, { kind: "unanswered" }).kind).toBe("waiting");
    expect(stateAfter(done, answered(201, "not what we agreed")).kind).toBe("waiting");
  });

  it("waits longer for each failure, up to a limit", () => {
    expect([1, 2, 3, 4, 5, 6, 40].map(pauseAfter)).toEqual([
      1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000,
    ]);
  });

  it("counts failures over tries", () => {
    const state = stateAfter(
      done,
      { kind: "unanswered" },
      { kind: "again" },
      answered(503),
      { kind: "again" },
      { kind: "unanswered" },
    );

    expect(state).toEqual({ kind: "waiting", body: BODY, failures: 3 });
  });

  it("is not sent a second time by a second press of Done", () => {
    const second: SubmissionEvent = { kind: "done", body: "another body" };

    expect(stateAfter(done, second)).toEqual({ kind: "sending", body: BODY, failures: 0 });
    expect(stateAfter(done, { kind: "unanswered" }, second).kind).toBe("waiting");
    expect(stateAfter(done, answered(201, STORED), second).kind).toBe("stored");
  });

  it("may be changed after it was stored, which opens it for a new submission", () => {
    expect(stateAfter(done, answered(201, STORED), { kind: "change" })).toEqual(OPEN);
  });

  it("cannot be changed while it is on its way", () => {
    expect(stateAfter(done, { kind: "change" }).kind).toBe("sending");
  });
});

describe("a rating that the service refuses", () => {
  const refusal = {
    error: {
      what: "Målingen er avsluttet.",
      value: "7",
      allowed: "",
      do: "Si fra til behandleren.",
    },
  };

  it("says why in the reader's own language, without the value", () => {
    expect(stateAfter(done, answered(409, refusal))).toEqual({
      kind: "refused",
      refusal: { status: 409, message: "Målingen er avsluttet. Si fra til behandleren." },
    });
  });

  it("says nothing of its own when the service gives no reason", () => {
    expect(stateAfter(done, answered(422, null))).toEqual({
      kind: "refused",
      refusal: { status: 422, message: "" },
    });
  });

  it("may be sent again by the patient", () => {
    expect(stateAfter(done, answered(422, refusal), done).kind).toBe("sending");
  });
});

describe("a late answer", () => {
  it("to a try that was given up changes nothing", () => {
    const state = stateAfter(done, { kind: "unanswered" }, answered(422));

    expect(state.kind).toBe("waiting");
  });

  it("finds an open page open", () => {
    expect(stateAfter(answered(201, STORED), { kind: "unanswered" }, { kind: "again" })).toEqual(
      OPEN,
    );
  });
});
