import { describe, expect, it } from "vitest";
import { FigureError, heightFor, kindFor, readFigure, recolour } from "./figure";

const drawing = (height?: number) => ({ data: [], layout: height === undefined ? {} : { height } });

describe("the drawing", () => {
  it("is the compact one in a narrow box", () => {
    expect(kindFor(619)).toBe("compact");
    expect(kindFor(620)).toBe("wide");
  });

  it("fits the first screen when wide, but is never squeezed flat", () => {
    expect(heightFor("wide", drawing(560), 500)).toBe(500);
    expect(heightFor("wide", drawing(560), 900)).toBe(560);
    expect(heightFor("wide", drawing(560), 100)).toBe(430);
    expect(heightFor("compact", drawing(470), 100)).toBe(470);
    expect(heightFor("wide", drawing(), 100)).toBeUndefined();
  });

  it("changes every colour for the dark scheme and nothing else", () => {
    const light = { data: [{ line: { color: "#10243A", width: 3 }, x: [1, 2], text: "#1" }] };

    expect(recolour(light, { "#10243a": "#e8eef4" })).toEqual({
      data: [{ line: { color: "#e8eef4", width: 3 }, x: [1, 2], text: "#1" }],
    });
  });
});

describe("the figure of a page", () => {
  it("has two drawings, or one that serves for both", () => {
    const wide = { data: [1], layout: {} };
    const compact = { data: [2], layout: {} };

    expect(readFigure(JSON.stringify({ wide, compact }))).toEqual({ wide, compact });
    expect(readFigure(JSON.stringify(wide))).toEqual({ wide, compact: wide });
  });

  it("is missed aloud", () => {
    expect(() => readFigure("")).toThrow(FigureError);
    expect(() => readFigure('{"layout":{}}')).toThrow(FigureError);
  });
});
