import { describe, expect, it } from "vitest";
import { countSentence, fill, missingSentence, readableTenths } from "./words";

const WORDS = {
  count: "{n} av {m} er satt",
  all_set: "Alle er satt",
  missing_one: "Du har ikke satt merke på {item}.",
  missing_many: "{n} linjer er uten merke.",
};

describe("sentences on the tablet", () => {
  it("count what is set, nought included", () => {
    expect(countSentence(WORDS, { set: 0, of: 4 })).toBe("0 av 4 er satt");
    expect(countSentence(WORDS, { set: 3, of: 4 })).toBe("3 av 4 er satt");
    expect(countSentence(WORDS, { set: 4, of: 4 })).toBe("Alle er satt");
  });

  it("name one missing item, count several, and are silent about none", () => {
    expect(missingSentence(WORDS, ["Håp"])).toBe("Du har ikke satt merke på Håp.");
    expect(missingSentence(WORDS, ["Humør", "Håp"])).toBe("2 linjer er uten merke.");
    expect(missingSentence(WORDS, [])).toBeNull();
  });

  it("show a place that was not filled", () => {
    expect(fill("{n} av {m}", { n: 1 })).toBe("1 av {m}");
  });

  it("write decimals as the language does", () => {
    expect(readableTenths(73, "nb")).toBe("7,3");
    expect(readableTenths(70, "nn")).toBe("7,0");
    expect(readableTenths(5, "en")).toBe("0.5");
  });

  it("write decimals as in bokmål where the browser does not know the language", () => {
    expect(readableTenths(73, "qaa")).toBe("7,3");
  });
});
