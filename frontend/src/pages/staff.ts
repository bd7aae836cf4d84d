// Entry: every page for staff.
import { wireConfirm } from "../components/confirm";
import { wireErrorSummary } from "../components/error-summary";
import { REPLACED, startLive } from "../components/live";
import { wirePrint } from "../components/print";

const wire = () => {
  wireConfirm(document);
  wirePrint(document);
};

wireErrorSummary(document);
wire();
document.addEventListener(REPLACED, wire);
startLive();
