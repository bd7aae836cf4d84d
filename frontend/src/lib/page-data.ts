// Logic only, no DOM: what the rating page carries for its script, read once into a type.
import type { IdleRule } from "./idle";
import type { Setting } from "./marks";

export interface RatingWords {
  readonly count: string;
  readonly all_set: string;
  readonly missing_one: string;
  readonly missing_many: string;
  readonly value: string;
  readonly unset: string;
  readonly step: string;
  readonly sending: string;
  readonly offline: string;
  readonly not_taken: string;
}

export interface PageData {
  readonly setting: Setting;
  readonly idle: IdleRule;
  readonly words: RatingWords;
}

export class PageDataError extends Error {}

/** Read the page's data. The server writes it; a page without it is a fault of ours, said aloud. */
export function readPageData(text: string | null | undefined): PageData {
  if (!text) throw new PageDataError("The rating page carries no data for its script.");
  const data: PageData = JSON.parse(text);
  if (!data.setting?.visit || !data.words?.count || !data.idle?.askAfterSeconds) {
    throw new PageDataError("The rating page's data lacks the visit, the words or the idle rule.");
  }
  return data;
}
