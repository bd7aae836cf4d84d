// Logic only, no DOM: puts numbers and names into sentences that the page carries.

/** Fill `{n}` and its like. A place without a value stays as it is, so that a test sees it. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Tenths as a person reads them: 73 is "7,3" in Norwegian and "7.3" in English. */
export function readableTenths(tenths: number, language: string): string {
  // Chromium is built without nynorsk and Sámi. Without bokmål to fall back on it would write the
  // number as the tablet's own language does.
  return new Intl.NumberFormat([language, "nb"], {
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  }).format(tenths / 10);
}

/** How much is set, in words. */
export function countSentence(
  words: { readonly count: string; readonly all_set: string },
  { set, of }: { readonly set: number; readonly of: number },
): string {
  return set === of ? words.all_set : fill(words.count, { n: set, m: of });
}

/** The one kind question about what is missing; null when nothing is. */
export function missingSentence(
  words: { readonly missing_one: string; readonly missing_many: string },
  missing: readonly string[],
): string | null {
  const [first] = missing;
  if (first === undefined) return null;
  if (missing.length === 1) return fill(words.missing_one, { item: first });
  return fill(words.missing_many, { n: missing.length });
}
