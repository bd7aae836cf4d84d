import { describe, expect, it } from "vitest";
import { idleState, secondsLeft } from "./idle";

const RULE = { askAfterSeconds: 90, countdownSeconds: 30 };
const at = (seconds: number) => idleState(1_000, 1_000 + seconds * 1000, RULE);

describe("a tablet nobody touches", () => {
  it("is left in peace for ninety seconds", () => {
    expect(at(0)).toEqual({ kind: "busy" });
    expect(at(89.9)).toEqual({ kind: "busy" });
  });

  it("then asks, and counts down from thirty", () => {
    expect(at(90)).toEqual({ kind: "asking", secondsLeft: 30 });
    expect(at(95.5)).toEqual({ kind: "asking", secondsLeft: 25 });
    expect(at(119.9)).toEqual({ kind: "asking", secondsLeft: 1 });
  });

  it("then is over, also when the tablet slept in between", () => {
    expect(at(120)).toEqual({ kind: "over" });
    expect(at(7_200)).toEqual({ kind: "over" });
  });
});

describe("the window for changing answers", () => {
  it("counts whole seconds down to nought and no further", () => {
    expect(secondsLeft(0, 0, 10)).toBe(10);
    expect(secondsLeft(0, 9_400, 10)).toBe(1);
    expect(secondsLeft(0, 10_000, 10)).toBe(0);
    expect(secondsLeft(0, 60_000, 10)).toBe(0);
  });
});
