// Logic only, no DOM: the marks of one form, how they were made, and the body that is sent.

/** Value in tenths by item key; an item that is absent is not answered. */
export type Marks = ReadonlyMap<string, number>;

export type Mode = "line" | "buttons" | "codes";
export type Layout = "all" | "one";
export type Input = "touch" | "mouse" | "keyboard";

export interface Setting {
  readonly visit: string;
  readonly mode: Mode;
  readonly layout: Layout;
  readonly language: string;
  readonly variant: string;
  readonly text_version: string;
}

export interface Circumstances {
  readonly submissionKey: string;
  readonly replaces: string | null;
  readonly isFinished: boolean;
  readonly inputs: ReadonlySet<Input>;
  readonly deviceWidth: number;
  readonly deviceTime: string;
  readonly durationMs: number;
}

/** Keys without a mark, in the order of the page. */
export function missingKeys(keys: readonly string[], marks: Marks): readonly string[] {
  return keys.filter((key) => !marks.has(key));
}

/** One kind of input by its name, several as "mixed"; an untouched form has none to name. */
export function inputWord(inputs: ReadonlySet<Input>): Input | "mixed" | null {
  const [first] = inputs;
  if (first === undefined) return null;
  return inputs.size === 1 ? first : "mixed";
}

/** A pen is held like a finger; a screen reader's gesture counts as keyboard elsewhere. */
export function inputOfPointer(pointerType: string): Input {
  return pointerType === "mouse" ? "mouse" : "touch";
}

/** The body of a submission. Missing is null, never a number. */
export function ratingBody(
  keys: readonly string[],
  marks: Marks,
  setting: Setting,
  made: Circumstances,
): string {
  const answers = Object.fromEntries(keys.map((key) => [key, marks.get(key) ?? null]));
  return JSON.stringify({
    ...setting,
    submission_key: made.submissionKey,
    ...(made.replaces === null ? {} : { replaces: made.replaces }),
    answers,
    is_finished: made.isFinished,
    input: inputWord(made.inputs),
    device_width: made.deviceWidth,
    device_time: made.deviceTime,
    duration_ms: Math.round(made.durationMs),
  });
}

/** Local time with its offset: a time without one is refused by the service. */
export function localTime(date: Date): string {
  const offset = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, 19);
  const size = Math.abs(offset);
  const pad = (n: number) => String(n).padStart(2, "0");
  return `${local}${offset < 0 ? "-" : "+"}${pad(Math.floor(size / 60))}:${pad(size % 60)}`;
}

/** A random UUID of version 4. `crypto.randomUUID` is missing in Safari before 15.4. */
export function randomKey(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string {
  const bytes = random(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
