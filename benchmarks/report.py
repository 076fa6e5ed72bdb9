"""The HTML report of 200,000 made-up feedback in Chromium: file size, time to use, frame times.

    python -m benchmarks.report [--count 200000] [--chromium /usr/bin/chromium] [--keep FILE]

Needs Playwright (`pip install playwright`) and a Chromium. Without a graphics card Chromium draws
in software (SwiftShader), which the frame times then are of. A frame is from one animation frame
to the next while the map zooms and moves, so 16.7 ms is the screen's own pace. Peer: the same
points as a Bokeh page, which `insights cluster --local` writes: its size and time to be drawn.
"""

from __future__ import annotations

import argparse
import importlib
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report_marts import report_marts
from python_jobs.reporting.html.assembling import assemble
from python_jobs.reporting.html.contents import contents

FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
FRAMES = """async (count) => {
  document.getElementById('map').scrollIntoView();
  const found = [];
  let before = await new Promise(requestAnimationFrame);
  for (let step = 0; step < count; step += 1) {
    insightsMap.move(1 + 4 * step / count, .5 + .2 * Math.sin(step / 9), .5);
    const now = await new Promise(requestAnimationFrame);
    found.push(now - before);
    before = now;
  }
  return found;
}"""


def main() -> int:
    arguments = _arguments()
    try:
        playwright = importlib.import_module("playwright.sync_api")
    except ImportError:
        print("skipped: Playwright is not installed (pip install playwright)")
        return 0
    if not Path(arguments.chromium).exists():
        print(f"skipped: there is no {arguments.chromium}")
        return 0
    marts = report_marts(arguments.count)
    start = time.process_time()
    page = assemble(contents(marts, redacted=False, max_texts=None), title="Benchmark")
    packed = time.process_time() - start
    with tempfile.TemporaryDirectory() as folder:
        file = arguments.keep or Path(folder) / "report.html"
        file.write_text(page, encoding="utf-8")
        size = file.stat().st_size
        aim = 3e6 + 150 * arguments.count
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"{arguments.count:,} feedback: packed in {packed:.1f} CPU s, {memory:,.0f} MB peak")
        print(f"file: {size / 1e6:.1f} MB (aim: at most {aim / 1e6:.1f})")
        _browse(playwright, file, arguments.chromium)
        _peer(playwright, marts, Path(folder), arguments.chromium)
    return 0


def _browse(playwright: Any, file: Path, chromium: str) -> None:
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1440, "height": 900})
        tab.goto(file.as_uri())
        tab.wait_for_selector("html[data-ready=yes]", timeout=120_000)
        marks = tab.evaluate(
            "Object.fromEntries(performance.getEntriesByType('mark')"
            ".map(mark => [mark.name, mark.startTime]))"
        )
        usable, texts = marks["usable"] / 1e3, marks["texts"] / 1e3
        print(f"usable after {usable:.2f} s, texts after {texts:.2f} s")
        frames = np.array(tab.evaluate(FRAMES, 120))
        drawing = np.array(tab.evaluate("insightsMap.frames.slice(-120)"))
        print(
            f"frames ({tab.evaluate('insightsMap.name')}): median {np.median(frames):.1f} ms, "
            f"95% {np.percentile(frames, 95):.1f} ms; script of it {np.median(drawing):.1f} ms"
        )
        start = time.perf_counter()
        tab.evaluate("document.querySelector('[data-value=star1]').click()")
        tab.evaluate("() => new Promise(requestAnimationFrame)")
        print(f"a filter: {time.perf_counter() - start:.2f} s until everything shows it")
        browser.close()


def _peer(playwright: Any, marts: Any, folder: Path, chromium: str) -> None:
    from bokeh.plotting import figure, output_file, save

    file = folder / "bokeh.html"
    plot = figure(width=1200, height=640, output_backend="webgl", tooltips=[("", "@text")])
    plot.scatter(
        "x",
        "y",
        source={name: marts.feedback[key] for name, key in (("x", "x"), ("y", "y"))}
        | {"text": marts.feedback["feedback_text"]},
    )
    output_file(str(file), mode="inline")
    save(plot)
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page()
        start = time.perf_counter()
        tab.goto(file.as_uri())
        tab.wait_for_function("window.Bokeh && Bokeh.documents[0]?.is_idle", timeout=120_000)
        seconds = time.perf_counter() - start
        print(
            f"peer, Bokeh's map alone: {file.stat().st_size / 1e6:.1f} MB, "
            f"drawn after {seconds:.2f} s"
        )
        browser.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=200_000)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--keep", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
