// Entry: the rating page.
import { RatingForm } from "../kiosk/form";
import { guardPage, keepAwake } from "../kiosk/privacy";

if (document.querySelector(".rate-form")) {
  guardPage();
  void keepAwake();
  new RatingForm();
}
