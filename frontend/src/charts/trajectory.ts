// DOM only: draws the figures that the page carries as JSON, with the pinned Plotly bundle.
import plotlyUrl from "../../node_modules/plotly.js-basic-dist-min/plotly-basic.min.js?url";
import { heightFor, kindFor, readFigure, recolour } from "./figure";

interface Plotly {
  react(box: HTMLElement, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
  relayout(box: HTMLElement, change: unknown): Promise<unknown>;
  register(module: unknown): void;
  purge(box: HTMLElement): void;
  readonly Plots: { resize(box: HTMLElement): Promise<unknown> };
}

declare global {
  interface Window {
    Plotly?: Plotly;
  }
}

/** Nothing to send anywhere, nothing to drag: a finger on the chart must still scroll the page. */
const CONFIG = {
  displayModeBar: false,
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  responsive: true,
  doubleClick: false,
  scrollZoom: false,
};

const PRINT_WIDTH_PX = 640;
const SPACE_BELOW_PX = 18;
const dark = matchMedia("(prefers-color-scheme: dark)");

/** Draw every chart of the page that is not drawn yet. */
export async function drawCharts(root: ParentNode = document): Promise<void> {
  const boxes = [...root.querySelectorAll<HTMLElement>("[data-module=chart]:not([data-drawn])")];
  if (boxes.length === 0) return;
  const plotly = await loadPlotly();
  for (const box of boxes) wire(box, plotly);
}

let loading: Promise<Plotly> | null = null;

function loadPlotly(): Promise<Plotly> {
  loading ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = plotlyUrl;
    script.addEventListener("load", () => {
      if (!window.Plotly)
        return failed(new Error("The Plotly bundle was loaded but is not there."));
      registerLocale(window.Plotly);
      done(window.Plotly);
    });
    script.addEventListener("error", () => failed(new Error(`Could not load ${plotlyUrl}.`)));
    document.head.append(script);
  });
  return loading;
}

function wire(box: HTMLElement, plotly: Plotly): void {
  box.dataset["drawn"] = "";
  let shown = "";
  const draw = (isPrint = false): void => {
    const kind = isPrint ? "wide" : kindFor(box.clientWidth);
    const key = `${kind} ${dark.matches && !isPrint}`;
    if (key === shown || !box.isConnected) return;
    shown = key;
    void paint(box, plotly, kind, isPrint);
  };
  // A page that keeps itself up to date takes charts away: they must leave nothing listening.
  const gone = new AbortController();
  const { signal } = gone;
  const sizes = new ResizeObserver(() => {
    if (!box.isConnected) {
      gone.abort();
      sizes.disconnect();
      plotly.purge(box);
      return;
    }
    // Hidden, for instance on paper: there is nothing to fit into.
    if (box.clientWidth === 0) return;
    draw();
    if (box.classList.contains("js-plotly-plot")) void plotly.Plots.resize(box);
  });
  draw();
  sizes.observe(box);
  dark.addEventListener("change", () => draw(), { signal });
  addEventListener("beforeprint", () => draw(true), { signal });
  addEventListener("afterprint", () => draw(), { signal });
}

async function paint(
  box: HTMLElement,
  plotly: Plotly,
  kind: "wide" | "compact",
  isPrint: boolean,
): Promise<void> {
  const figure = readFigure(document.getElementById(box.dataset["figure"] ?? "")?.textContent);
  const isDark = dark.matches && !isPrint;
  box.classList.toggle("keeps-light", isDark && !figure.dark);
  const drawing = isDark && figure.dark ? recolour(figure[kind], figure.dark) : figure[kind];
  const height = heightFor(kind, drawing, roomBelow(box));
  if (height !== undefined) box.style.setProperty("--chart-height", `${height}px`);
  const size = isPrint ? { width: PRINT_WIDTH_PX } : {};
  const layout = { ...drawing.layout, ...(height === undefined ? {} : { height }), ...size };
  const locale = document.documentElement.lang;
  await plotly.react(box, drawing.data, layout, { ...CONFIG, locale });
  // The box has a name and a description, and the numbers stand in a table.
  for (const svg of box.querySelectorAll("svg")) svg.setAttribute("aria-hidden", "true");
}

function roomBelow(box: HTMLElement): number {
  return innerHeight - (box.getBoundingClientRect().top + scrollY) - SPACE_BELOW_PX;
}

/** Months and days in the page's language, from the browser; bokmål where it lacks nynorsk. */
function registerLocale(plotly: Plotly): void {
  const name = document.documentElement.lang;
  // Plotly's own English is what every other language is filled up from: it must stay whole.
  if (name.startsWith("en")) return;
  const named = (form: Intl.DateTimeFormatOptions, dates: readonly Date[]) =>
    dates.map((date) =>
      new Intl.DateTimeFormat([name, "nb"], { ...form, timeZone: "UTC" }).format(date),
    );
  const months = Array.from({ length: 12 }, (_, month) => new Date(Date.UTC(2023, month, 15)));
  // 1 January 2023 was a Sunday, the day Plotly counts from.
  const days = Array.from({ length: 7 }, (_, day) => new Date(Date.UTC(2023, 0, 1 + day)));
  plotly.register({
    moduleType: "locale",
    name,
    dictionary: {},
    format: {
      days: named({ weekday: "long" }, days),
      shortDays: named({ weekday: "short" }, days),
      months: named({ month: "long" }, months),
      shortMonths: named({ month: "short" }, months),
      date: "%d.%m.%Y",
      decimal: ",",
      thousands: "\u00a0",
      grouping: [3],
    },
  });
}
