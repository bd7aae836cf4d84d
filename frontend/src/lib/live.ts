// Logic only, no DOM: whether an answer to "anything new?" means that the page must be fetched.

export interface Seen {
  /** The tag of what the page shows; null before the first answer. */
  readonly tag: string | null;
}

export type News = "first" | "same" | "changed" | "unreachable";

/** What an answer means, and what has then been seen. */
export function readNews(
  seen: Seen,
  answer: { readonly status: number; readonly tag: string | null } | null,
): { readonly news: News; readonly seen: Seen } {
  if (answer === null || answer.status >= 500) return { news: "unreachable", seen };
  if (answer.status === 304) return { news: "same", seen };
  if (answer.status !== 200 || answer.tag === null) return { news: "unreachable", seen };
  if (seen.tag === null) return { news: "first", seen: { tag: answer.tag } };
  const news = answer.tag === seen.tag ? "same" : "changed";
  return { news, seen: { tag: answer.tag } };
}
