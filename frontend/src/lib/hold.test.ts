import { describe, expect, it } from "vitest";
import { heldShare } from "./hold";

describe("the staff corner", () => {
  it("opens after two seconds and not before", () => {
    expect(heldShare(500, 500)).toBe(0);
    expect(heldShare(500, 1_500)).toBe(0.5);
    expect(heldShare(500, 2_499)).toBeLessThan(1);
    expect(heldShare(500, 2_500)).toBe(1);
    expect(heldShare(500, 9_000)).toBe(1);
  });
});
