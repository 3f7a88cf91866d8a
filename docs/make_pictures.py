"""Make the README's pictures: the graph of a small net on real digits, and the explorer's page.

Run it from anywhere: python docs/make_pictures.py. It needs the extra "test" (playwright) and a
chromium for the PNGs, and the built page; without a chromium it writes the SVG alone.
"""

import shutil
from pathlib import Path

import chainrule as cr
from chainrule import nn
from chainrule.inspection import graph_svg
from chainrule.train.data import load

PICTURES = Path(__file__).parent / "pictures"
ROWS = 8
HIDDEN = 16
SCALE = 2  # pixels of the PNG per px of the SVG, for fine screens
PAGE = {"width": 1280, "height": 700}
STEP = "&step=8&node=sum"  # on the way back, with the gate that sends


def main() -> None:
    """Write graph.svg, graph.png and explorer.png."""
    PICTURES.mkdir(exist_ok=True)
    svg = PICTURES / "graph.svg"
    svg.write_text(draw() + "\n", encoding="utf-8")
    print(svg)
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no chromium here: the PNG was not made.")
        return
    photograph(svg, PICTURES / "graph.png", chromium)
    print(PICTURES / "graph.png")
    photograph_page(PICTURES / "explorer.png", chromium)
    print(PICTURES / "explorer.png")


def draw() -> str:
    """The graph of the loss of a 2-layer net, with L2 regularization."""
    digits = load("digits", seed=0)
    net = nn.Sequential(
        hidden=nn.Linear(digits.inputs, HIDDEN),
        relu=nn.ReLU(),
        output=nn.Linear(HIDDEN, digits.outputs),
    )
    scores = net(digits.x_train[:ROWS])
    scores.name = "scores"
    data_loss = cr.softmax_cross_entropy(scores, digits.y_train[:ROWS])
    terms = nn.objective(net, data_loss, nn.L2(1e-3))
    terms.data.name, terms.regularization.name = "data loss", "regularization"
    loss = terms.total
    loss.name = "loss"
    loss.backward()
    return graph_svg(loss, title=f"A 2-layer net reads {ROWS} handwritten digits, and learns")


def photograph(svg: Path, png: Path, chromium: str) -> None:
    """Let a browser turn the SVG into a PNG, in its light colours."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  only the PNG needs it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(color_scheme="light", device_scale_factor=SCALE)
        page.set_content(f"<body style='margin:0'>{svg.read_text(encoding='utf-8')}</body>")
        page.set_viewport_size({"width": 2000, "height": 1000})
        page.locator("svg").screenshot(path=png, omit_background=True)
        browser.close()


def neuron(w0: cr.Tensor, x0: cr.Tensor, w1: cr.Tensor, x1: cr.Tensor, w2: cr.Tensor):
    """The lecture's neuron of two inputs."""
    scores = w0 * x0 + w1 * x1 + w2
    scores.name = "sum"
    f = cr.sigmoid(scores)
    f.name = "f"
    return f


def photograph_page(png: Path, chromium: str) -> None:
    """The page with the neuron, half-way back."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415

    numbers = (2.0, -1.0, -3.0, -2.0, -3.0)
    with cr.show(neuron, *numbers, page=True, browser=False) as page, sync_playwright() as tool:
        browser = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        sheet = browser.new_page(color_scheme="light", viewport=PAGE)
        sheet.goto(page.address + STEP)
        sheet.wait_for_selector("svg .node")
        sheet.screenshot(path=png)
        browser.close()


if __name__ == "__main__":
    main()
