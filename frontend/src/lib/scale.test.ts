import { describe, expect, it } from "vitest";
import { clamp, nearest, percentOf, valueAt, valueForKey } from "./scale";

const OUTCOME = { lowest: 0, highest: 100 };
const LINE = { left: 200, width: 500, rightToLeft: false };

describe("a touch on the line", () => {
  it.each([
    [200, 0],
    [350, 30],
    [450, 50],
    [565, 73],
    [700, 100],
  ])("at %d px gives %d tenths", (x, value) => {
    expect(valueAt(x, LINE, OUTCOME)).toBe(value);
  });

  it("beyond an end means that end", () => {
    expect(valueAt(176, LINE, OUTCOME)).toBe(0);
    expect(valueAt(724, LINE, OUTCOME)).toBe(100);
  });

  it("counts from the right where the page is read from the right", () => {
    expect(valueAt(300, { ...LINE, rightToLeft: true }, OUTCOME)).toBe(80);
  });

  it("keeps to a scale that does not start at nought", () => {
    expect(valueAt(450, LINE, { lowest: 10, highest: 70 })).toBe(40);
  });

  it("on a line without width gives the low end, never a half number", () => {
    expect(valueAt(450, { ...LINE, width: 0 }, OUTCOME)).toBe(0);
  });
});

describe("the keyboard", () => {
  const key = (name: string, current: number | null, rightToLeft = false) =>
    valueForKey(name, current, OUTCOME, { rightToLeft });

  it("moves one tenth by arrow and a whole point by page", () => {
    expect(key("ArrowRight", 73)).toBe(74);
    expect(key("ArrowDown", 73)).toBe(72);
    expect(key("PageUp", 73)).toBe(83);
    expect(key("PageDown", 73)).toBe(63);
  });

  it("jumps to a point by digit and to the ends by Home and End", () => {
    expect(key("0", 50)).toBe(0);
    expect(key("7", null)).toBe(70);
    expect(key("Home", 50)).toBe(0);
    expect(key("End", 50)).toBe(100);
  });

  it("starts in the middle when nothing is set", () => {
    expect(key("ArrowUp", null)).toBe(51);
  });

  it("stops at the ends", () => {
    expect(key("ArrowRight", 100)).toBe(100);
    expect(key("PageDown", 4)).toBe(0);
    expect(valueForKey("9", null, { lowest: 0, highest: 60 }, { rightToLeft: false })).toBe(60);
  });

  it("turns left and right, but not up and down, in a page read from the right", () => {
    expect(key("ArrowLeft", 50, true)).toBe(51);
    expect(key("ArrowRight", 50, true)).toBe(49);
    expect(key("ArrowUp", 50, true)).toBe(51);
  });

  it("leaves every other key to the browser", () => {
    for (const name of ["Tab", "Enter", " ", "a", "Escape", "F5"]) expect(key(name, 50)).toBeNull();
  });
});

describe("the mark", () => {
  it("stands where the value is", () => {
    expect(percentOf(73, OUTCOME)).toBe(73);
    expect(percentOf(40, { lowest: 10, highest: 70 })).toBe(50);
    expect(percentOf(5, { lowest: 5, highest: 5 })).toBe(0);
  });

  it("cannot leave the line", () => {
    expect(clamp(-3, OUTCOME)).toBe(0);
    expect(clamp(104, OUTCOME)).toBe(100);
  });

  it("becomes the nearest button when numbers are wanted instead", () => {
    const buttons = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100];

    expect(nearest(73, buttons)).toBe(70);
    expect(nearest(75, buttons)).toBe(80);
    expect(nearest(75, [...buttons].reverse())).toBe(80);
    expect(nearest(75, [])).toBeNull();
  });
});
