import { describe, expect, it } from "vitest";
import { PageDataError, readPageData } from "./page-data";

describe("the data of the rating page", () => {
  it("must be there and whole", () => {
    expect(() => readPageData(null)).toThrow(PageDataError);
    expect(() => readPageData("{}")).toThrow(PageDataError);
    expect(() => readPageData('{"setting":{"visit":"7"},"words":{"count":"{n}"}}')).toThrow(
      PageDataError,
    );
  });

  it("is read as it stands", () => {
    const text =
      '{"setting":{"visit":"7"},"words":{"count":"{n} av {m}"},"idle":{"askAfterSeconds":90,"countdownSeconds":30}}';

    expect(readPageData(text).idle).toEqual({ askAfterSeconds: 90, countdownSeconds: 30 });
  });
});
