import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PlotlyRulesError, plotlyRules } from "./plotly-rules";

const BUNDLE = "node_modules/plotly.js-basic-dist-min/plotly-basic.min.js";

describe("the static style sheet of the chart", () => {
  const sheet = plotlyRules(readFileSync(BUNDLE, "utf8"));

  it("lays the drawing layers upon each other", () => {
    expect(sheet).toContain(".js-plotly-plot .plotly .main-svg{position:absolute;");
  });

  it("leaves no placeholder and no rule half read", () => {
    expect(sheet).not.toMatch(/(^|[\s,])[XY][\s,{]/m);

    for (const line of sheet.split("\n")) expect(line).toMatch(/^[^{}]+\{[^{}]+\}$/);
  });

  it("refuses a bundle that it cannot read", () => {
    expect(() => plotlyRules("nothing of the kind")).toThrow(PlotlyRulesError);
    expect(() => plotlyRules('a={"X,X div":"margin:0;"}')).toThrow(PlotlyRulesError);
  });
});
