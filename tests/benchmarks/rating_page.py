"""Bytes and requests of the rating page, and when it can be used on a slow tablet and network.

.venv/bin/python -m tests.benchmarks.rating_page

The network is the "slow 4G" of Lighthouse, the common yardstick: 1.6 Mbit/s down, 750 kbit/s up,
150 ms there and back. The processor is four times slower than that of this machine. The page
counts as usable when a touch on the first line has put a mark there.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from playwright.sync_api import Page

from tests.benchmarks.sites import site_of_today
from tests.browser.screens import RatingScreen, connect_tablet
from tests.support.browser import Site

MOST_BYTES: Final = 60_000
MOST_REQUESTS: Final = 8
MOST_SECONDS: Final = 2.0
SLOWDOWN: Final = 4
TIMES: Final = 5

SLOW_4G: Final[Mapping[str, object]] = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1_000_000 / 8,
    "uploadThroughput": 750 * 1_000 / 8,
}


@dataclass
class Load:
    """What one opening of the page took.

    Without slots: Playwright hangs a name of its own on whatever listens to it.
    """

    origin: str
    requests: list[str] = field(default_factory=list)
    transferred: float = 0
    seconds: float = 0

    def see(self, event: dict[str, Any]) -> None:
        """Note a request that begins."""
        url = event["request"]["url"]
        if not url.startswith("data:"):
            self.requests.append(url)

    def finish(self, event: dict[str, Any]) -> None:
        """Count what a request transferred, headers with it."""
        self.transferred += event["encodedDataLength"]

    @property
    def third_parties(self) -> list[str]:
        """Requests that went to anybody else."""
        return [url for url in self.requests if not url.startswith(self.origin)]


def main() -> None:
    """Measure and print."""
    with site_of_today() as site:
        loads = [_measure(site, number) for number in range(TIMES)]
    _report(loads)


def _measure(site: Site, number: int) -> Load:
    tablet = connect_tablet(site, room=f"Rom {number}")
    tablet.hand_over(site.clinic.enrol())
    # A tablet that has never seen the page: nothing of it is kept from the hand-over page.
    address = f"{tablet.page.url}/form"
    page = _slow(tablet.page)
    page.goto("about:blank")
    load = listen_to(page, origin=site.address)
    began = time.monotonic()
    page.goto(address, wait_until="commit")
    _touch_until_marked(tablet)
    load.seconds = time.monotonic() - began
    page.wait_for_load_state("networkidle")
    site.put_away()
    return load


def listen_to(page: Page, *, origin: str) -> Load:
    """Count what a page loads from now on, with nothing kept from before."""
    load = Load(origin=origin)
    developer = page.context.new_cdp_session(page)
    developer.send("Network.enable")
    developer.send("Network.clearBrowserCache")
    developer.on("Network.requestWillBeSent", load.see)
    developer.on("Network.loadingFinished", load.finish)
    return load


def _slow(page: Page) -> Page:
    developer = page.context.new_cdp_session(page)
    developer.send("Network.enable")
    developer.send("Network.emulateNetworkConditions", dict(SLOW_4G))
    developer.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
    return page


def _touch_until_marked(tablet: RatingScreen) -> None:
    mark = tablet.page.locator(".mark").first
    tablet.page.locator(".zone").first.wait_for()
    while not mark.is_visible():
        tablet.touch(0, 0.6)


def _report(loads: list[Load]) -> None:
    transferred = max(load.transferred for load in loads)
    requests = max(len(load.requests) for load in loads)
    seconds = [load.seconds for load in loads]
    elsewhere = [url for load in loads for url in load.third_parties]
    print(f"transferred: {transferred:,.0f} bytes (at most {MOST_BYTES:,})")
    print(f"requests: {requests} (at most {MOST_REQUESTS})")
    for url in loads[0].requests:
        print(f"  {url.removeprefix(loads[0].origin)}")
    print(f"to third parties: {len(elsewhere)} (none)")
    print(
        f"usable on slow 4G with a processor {SLOWDOWN} times slower: median "
        f"{median(seconds):.2f} s, longest {max(seconds):.2f} s of {len(seconds)} "
        f"(at most {MOST_SECONDS:.0f} s)"
    )
    if transferred > MOST_BYTES or requests > MOST_REQUESTS or elsewhere:
        raise SystemExit("the rating page is larger than promised")
    if median(seconds) > MOST_SECONDS:
        raise SystemExit("the rating page is slower than promised, or this machine is busy")


if __name__ == "__main__":
    main()
