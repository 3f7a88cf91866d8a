"""The picture: microseconds per training step, net by net, on a logarithmic axis.

Imports matplotlib. command.py draws it beside the page.
"""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart with any kind of colour vision; ours is the strongest.
COLOURS = {
    "chainrule": "#0072B2",
    "JAX scan": "#E69F00",
    "JAX jit": "#F0C060",
    "PyTorch": "#D55E00",
    "NumPy": "#009E73",
    "scikit-learn": "#CC79A7",
}
MARKERS = {"chainrule": "o", "JAX scan": "s", "JAX jit": "D", "PyTorch": "^", "NumPy": "v"}


def draw(medians: Mapping[str, Mapping[str, float]], path: Path) -> None:
    """Write an SVG: a row of marks for each net."""
    nets = list(medians)
    mpl.rcParams.update({"svg.hashsalt": "chainrule", "svg.fonttype": "none", "font.size": 10})
    figure = Figure(figsize=(7.5, 0.62 * len(nets) + 1.5), layout="constrained")
    axes = figure.subplots()
    for name, colour in COLOURS.items():
        found = [
            (medians[net][name] * 1e6, -i) for i, net in enumerate(nets) if name in medians[net]
        ]
        if found:
            xs, ys = zip(*found, strict=True)
            is_ours = name == "chainrule"
            axes.scatter(
                xs,
                ys,
                s=90 if is_ours else 50,
                color=colour,
                marker=MARKERS.get(name, "P"),
                label=name,
                zorder=3 if is_ours else 2,
            )
    axes.set_yticks([-i for i in range(len(nets))], nets)
    axes.set_xscale("log")
    axes.set_xlabel("µs per training step (plain SGD, one thread); left is faster")
    axes.grid(axis="x", which="both", color="#dddddd", linewidth=0.6)
    axes.grid(axis="y", color="#eeeeee", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    figure.legend(loc="outside upper center", ncols=len(COLOURS), frameon=False, fontsize=9)
    figure.savefig(path, format="svg", metadata={"Date": None})
