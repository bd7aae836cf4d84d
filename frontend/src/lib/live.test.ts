import { describe, expect, it } from "vitest";
import { readNews } from "./live";

const answer = (status: number, tag: string | null = null) => ({ status, tag });

describe("the clinician's page asks whether anything is new", () => {
  it("and learns what it shows from the first answer", () => {
    expect(readNews({ tag: null }, answer(200, '"a"'))).toEqual({
      news: "first",
      seen: { tag: '"a"' },
    });
  });

  it("and is fetched anew only when the tag differs", () => {
    expect(readNews({ tag: '"a"' }, answer(304)).news).toBe("same");
    expect(readNews({ tag: '"a"' }, answer(200, '"a"')).news).toBe("same");
    expect(readNews({ tag: '"a"' }, answer(200, '"b"'))).toEqual({
      news: "changed",
      seen: { tag: '"b"' },
    });
  });

  it("and keeps what it has when nobody answers, or not as agreed", () => {
    for (const reply of [null, answer(503), answer(404), answer(200, null), answer(401)]) {
      expect(readNews({ tag: '"a"' }, reply)).toEqual({
        news: "unreachable",
        seen: { tag: '"a"' },
      });
    }
  });
});
