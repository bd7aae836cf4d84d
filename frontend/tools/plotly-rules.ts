// Build step, no DOM: reads out of the Plotly bundle the style rules that it would add at run time.

export class PlotlyRulesError extends Error {}

/** Fewer rules than this means that the bundle is built differently from what we read. */
const FEWEST_RULES = 60;

/**
 * Plotly fills a `<style>` element by script, which `style-src 'self'` refuses; the chart then
 * falls apart. The same rules in a file of ours are allowed. Plotly puts each rule in front of
 * the earlier ones, so the order is turned round.
 */
export function plotlyRules(bundle: string): string {
  const start = bundle.indexOf('{"X,X div":');
  if (start < 0) {
    throw new PlotlyRulesError(
      "The Plotly bundle holds no rule 'X,X div'; read tools/plotly-rules.ts anew.",
    );
  }
  const literal = bundle.slice(start, bundle.indexOf("}", start) + 1);
  const pair = /("[^"]*"|[A-Za-z]+):("(?:[^"\\]|\\.)*"|'[^']*')/g;
  const rules = [...literal.matchAll(pair)].map(
    ([, selector = "", body = ""]) => `${fullSelector(unquote(selector))}{${unquote(body)}}`,
  );
  if (rules.length < FEWEST_RULES) {
    throw new PlotlyRulesError(
      `Read ${rules.length} style rules from the Plotly bundle; at least ${FEWEST_RULES} are expected.`,
    );
  }
  return rules.reverse().join("\n");
}

function unquote(text: string): string {
  return text.replace(/^["']|["']$/g, "").replace(/\\"/g, '"');
}

function fullSelector(short: string): string {
  return short
    .replace(/^,/, " ,")
    .replace(/X/g, ".js-plotly-plot .plotly")
    .replace(/Y/g, ".plotly-notifier");
}
