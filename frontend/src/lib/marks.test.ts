import { describe, expect, it } from "vitest";
import { inputOfPointer, inputWord, localTime, missingKeys, randomKey, ratingBody } from "./marks";

const KEYS = ["o1", "o2", "o3", "o4"];
const SETTING = {
  visit: "7",
  mode: "line",
  layout: "all",
  language: "nb",
  variant: "adult",
  text_version: "1",
} as const;
const MADE = {
  submissionKey: "k1",
  replaces: null,
  isFinished: true,
  inputs: new Set(["touch"] as const),
  deviceWidth: 1024,
  deviceTime: "2026-03-02T10:15:00+01:00",
  durationMs: 41_000.4,
};

describe("what is sent", () => {
  it("holds marks as whole tenths, a mark at nought included, and null for what is missing", () => {
    const marks = new Map([
      ["o1", 73],
      ["o3", 0],
    ]);

    const body = JSON.parse(ratingBody(KEYS, marks, SETTING, MADE));

    expect(body).toEqual({
      visit: "7",
      submission_key: "k1",
      answers: { o1: 73, o2: null, o3: 0, o4: null },
      is_finished: true,
      mode: "line",
      layout: "all",
      language: "nb",
      variant: "adult",
      text_version: "1",
      input: "touch",
      device_width: 1024,
      device_time: "2026-03-02T10:15:00+01:00",
      duration_ms: 41_000,
    });
  });

  it("names the rating it replaces only when there is one", () => {
    const body = JSON.parse(ratingBody(KEYS, new Map(), SETTING, { ...MADE, replaces: "r9" }));

    expect(body.replaces).toBe("r9");
  });
});

describe("what is missing", () => {
  it("is listed in the order of the page", () => {
    expect(missingKeys(KEYS, new Map([["o2", 0]]))).toEqual(["o1", "o3", "o4"]);
  });
});

describe("how the marks were made", () => {
  it("has one word for one way, 'mixed' for several and none for an untouched form", () => {
    expect(inputWord(new Set(["keyboard"] as const))).toBe("keyboard");
    expect(inputWord(new Set(["keyboard", "touch"] as const))).toBe("mixed");
    expect(inputWord(new Set())).toBeNull();
  });

  it("counts a pen as touch", () => {
    expect(["touch", "pen", "mouse", ""].map(inputOfPointer)).toEqual([
      "touch",
      "touch",
      "mouse",
      "touch",
    ]);
  });
});

describe("the tablet's own clock", () => {
  const clock = (iso: string, behindUtcMinutes: number) =>
    Object.assign(new Date(iso), { getTimezoneOffset: () => behindUtcMinutes });

  it("is sent with its offset, east and west of Greenwich", () => {
    expect(localTime(clock("2026-03-02T09:15:00Z", -60))).toBe("2026-03-02T10:15:00+01:00");
    expect(localTime(clock("2026-03-02T01:15:00Z", 210))).toBe("2026-03-01T21:45:00-03:30");
    expect(localTime(clock("2026-03-02T09:15:00Z", 0))).toBe("2026-03-02T09:15:00+00:00");
  });
});

describe("the submission key", () => {
  it("is a version 4 UUID made of all the chance it is given", () => {
    expect(randomKey((bytes) => bytes.fill(0xff))).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
    expect(randomKey((bytes) => bytes.fill(0))).toBe("00000000-0000-4000-8000-000000000000");
  });
});
