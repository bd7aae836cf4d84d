import { describe, expect, it } from "vitest";
import { InTurn } from "./in-turn";

/** A network that answers when it is told to, and what it was asked. */
function slowNetwork() {
  const sent: number[] = [];
  const ends: { arrive: () => void; lose: () => void }[] = [];
  const send = (value: number): Promise<void> => {
    sent.push(value);
    return new Promise((resolve, reject) => {
      ends.push({ arrive: resolve, lose: () => reject(new Error("lost")) });
    });
  };
  const settle = async (end: "arrive" | "lose"): Promise<void> => {
    ends.shift()?.[end]();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { sent, send, settle };
}

describe("counts on their way to the clinician", () => {
  it("go one at a time, and the last one told is the last one sent", async () => {
    const { sent, send, settle } = slowNetwork();
    const counts = new InTurn(send);

    for (const count of [1, 2, 3]) counts.put(count);
    expect(sent).toEqual([1]);

    await settle("arrive");
    expect(sent).toEqual([1, 3]);

    await settle("arrive");
    expect(sent).toEqual([1, 3]);
  });

  it("go on after one was lost", async () => {
    const { sent, send, settle } = slowNetwork();
    const counts = new InTurn(send);

    counts.put(1);
    counts.put(2);
    await settle("lose");
    expect(sent).toEqual([1, 2]);

    await settle("arrive");
    counts.put(3);
    expect(sent).toEqual([1, 2, 3]);
  });
});
