// Logic only, no DOM: which drawing of a figure is shown, and in which colours.

export interface Drawing {
  readonly data: readonly unknown[];
  readonly layout: Readonly<Record<string, unknown>> & { readonly height?: number };
}

/** What the page carries: one drawing for wide boxes, one for narrow ones. */
export interface Figure {
  readonly wide: Drawing;
  readonly compact: Drawing;
  /** Colour for colour in the dark scheme; without it the drawing keeps its light ground. */
  readonly dark?: Readonly<Record<string, string>>;
}

/** Below this the direct labels at the right edge no longer fit, in CSS px. */
export const COMPACT_BELOW_PX = 620;

/** Two panels never get flatter than this, in CSS px. */
const LEAST_HEIGHT_PX = 430;

export function kindFor(width: number): "wide" | "compact" {
  return width < COMPACT_BELOW_PX ? "compact" : "wide";
}

/** A wide drawing shrinks to fit the first screen where it can; a compact one keeps its height. */
export function heightFor(
  kind: "wide" | "compact",
  drawing: Drawing,
  roomBelow: number,
): number | undefined {
  const { height } = drawing.layout;
  if (kind === "compact" || height === undefined) return height;
  return Math.max(LEAST_HEIGHT_PX, Math.min(height, roomBelow));
}

/** The same drawing with every colour of the table exchanged, wherever it stands. */
export function recolour<T>(value: T, colours: Readonly<Record<string, string>>): T {
  if (typeof value === "string") return (colours[value.toLowerCase()] ?? value) as T;
  if (Array.isArray(value)) return value.map((each) => recolour(each, colours)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, recolour(each, colours)]),
  ) as T;
}

export class FigureError extends Error {}

/** Read the figure that the page carries; one without kinds is used for every width. */
export function readFigure(text: string | null | undefined): Figure {
  const figure = text ? JSON.parse(text) : null;
  if (figure?.wide?.data && figure.compact?.data) return figure;
  if (figure?.data) return { wide: figure, compact: figure };
  throw new FigureError("The page's figure has neither 'wide' and 'compact' nor 'data'.");
}
