// Entry: pages with a chart, beside pages/staff.ts.
import { drawCharts } from "../charts/trajectory";
import { REPLACED } from "../components/live";

void drawCharts();
document.addEventListener(REPLACED, () => void drawCharts());
