// Entry: every page for staff.
import { wireConfirm } from "../components/confirm";
import { wireErrorSummary } from "../components/error-summary";
import { REPLACED, startLive } from "../components/live";
import { wirePrint } from "../components/print";

const wire = () => {
  wireConfirm(document);
  wirePrint(document);
};

// First, while every region is still as it was sent.
startLive();
wireErrorSummary(document);
wire();
document.addEventListener(REPLACED, wire);
