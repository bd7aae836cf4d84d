// Entry: the tablet's other pages, from pairing to thanks.
import { wireHold } from "../components/hold";
import { startCountdown } from "../kiosk/countdown";
import { startPolling } from "../kiosk/poll";
import { guardPage, keepAwake } from "../kiosk/privacy";

guardPage();
void keepAwake();
startPolling(document);
startCountdown(document);
wireHold(document);

// Moving on within a visit leaves no page behind for the Back button.
for (const link of document.querySelectorAll<HTMLAnchorElement>(
  "a[data-module=go], a[data-language]",
)) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    location.replace(link.href);
  });
}
