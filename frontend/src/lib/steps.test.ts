import { describe, expect, it } from "vitest";
import { effectiveLayout, stepAt } from "./steps";

describe("one question at a time", () => {
  it("starts with the first and ends with all of them", () => {
    expect(stepAt(0, 4)).toEqual({ shown: 0, hasBack: false, isLast: false });
    expect(stepAt(3, 4)).toEqual({ shown: 3, hasBack: true, isLast: false });
    expect(stepAt(4, 4)).toEqual({ shown: null, hasBack: true, isLast: true });
  });

  it("cannot be left at either end", () => {
    expect(stepAt(-1, 4)).toEqual(stepAt(0, 4));
    expect(stepAt(9, 4)).toEqual(stepAt(4, 4));
  });
});

describe("a low screen", () => {
  it("shows one at a time though all were chosen", () => {
    expect(effectiveLayout("all", { height: 599, textScale: 1 })).toBe("one");
    expect(effectiveLayout("all", { height: 600, textScale: 1 })).toBe("all");
  });

  it("is low sooner when the text is large", () => {
    expect(effectiveLayout("all", { height: 700, textScale: 1.22 })).toBe("one");
    expect(effectiveLayout("one", { height: 1200, textScale: 1 })).toBe("one");
  });
});
