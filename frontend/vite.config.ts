import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { plotlyRules } from "./tools/plotly-rules.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const PLOTLY = here("node_modules/plotly.js-basic-dist-min/plotly-basic.min.js");

/** Put Plotly's own rules into the sheet that stands in for its `<style>` element. */
function plotlySheet(): Plugin {
  return {
    name: "samklang-plotly-sheet",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("styles/chart.css")) return null;
      return { code: `${plotlyRules(readFileSync(PLOTLY, "utf8"))}\n${code}`, map: null };
    },
  };
}

export default defineConfig({
  root: here("src"),
  base: "/static/build/",
  publicDir: false,
  plugins: [plotlySheet()],
  build: {
    target: ["es2020", "safari14"],
    cssTarget: ["safari14.1", "chrome90", "firefox90"],
    outDir: here("../app/web/static/build"),
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: [
        "pages/rate.ts",
        "pages/tablet.ts",
        "pages/staff.ts",
        "pages/client.ts",
        "styles/tablet.css",
        "styles/no-script.css",
        "styles/staff.css",
        "styles/chart.css",
      ].map((path) => here(`src/${path}`)),
    },
  },
  test: { root: here("."), environment: "node" },
});
