"""How many pictures a second the explorer's playground shows while a 2-8-8-1 net is trained.

    python -m benchmarks.playground_frames

Needs the built page, Debian's chromium and playwright. Each new epoch on the screen is a picture:
the decision surface, a surface for each of 16 units, the warped grid and 500 points.
"""

import json
import shutil
import statistics
import threading
import time
from itertools import pairwise
from urllib.parse import quote

from playwright.sync_api import sync_playwright

import chainrule.explorer as explorer
from chainrule.explorer.serving import listening, server

SETTINGS = {"rows": 500, "layers": [8, 8], "loss": "binary_cross_entropy", "batch": 32}
TOKEN = "a-token-of-benchmarks"
SECONDS = 10
# The time of each frame of the browser in which another epoch stands on the screen.
WATCH = """() => new Promise((done) => {
  const times = [], count = document.querySelector(".count");
  const until = performance.now() + 1000 * %d;
  let last = "";
  const look = (now) => {
    if (count.textContent !== last) { last = count.textContent; times.push(now); }
    if (now < until) requestAnimationFrame(look); else done(times);
  };
  requestAnimationFrame(look);
})"""


def main() -> None:
    found = listening()
    running = server(explorer.app(token=TOKEN))
    threading.Thread(target=lambda: running.run(sockets=[found]), daemon=True).start()
    while not running.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{found.getsockname()[1]}/?token={TOKEN}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
        for pace in ("steady", "fast"):
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(f"{address}#view=play&play={quote(json.dumps(SETTINGS))}")
            page.get_by_role("button", name="Play", exact=True).wait_for()
            page.locator(".count", has_text="epoch 0").wait_for()
            page.get_by_label("Pace").select_option(pace)
            page.get_by_role("button", name="Play", exact=True).click()
            page.wait_for_timeout(1000)
            times = page.evaluate(WATCH % SECONDS)
            gaps = [after - before for before, after in pairwise(times)]
            epoch = page.locator(".count").text_content()
            rate = 1000 / statistics.median(gaps)
            slow = 1000 / sorted(gaps)[int(0.95 * len(gaps))]
            print(
                f"{pace}: {rate:.1f} pictures a second (median of {len(gaps)}), 95 % of them at "
                f"more than {slow:.1f}; at {epoch}"
            )
            page.close()
        browser.close()
    running.should_exit = True


if __name__ == "__main__":
    main()
