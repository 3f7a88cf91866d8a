"""Reports of made-up runs, as full as they can be, and as hostile."""

import numpy as np

import chainrule as cr
from chainrule import nn
from chainrule.inspection import Part, ReportData, checkup, graph_svg, templates

HOSTILE = "<script>alert(1)</script>"
EPOCHS = 12


def classification(evil: str = "") -> ReportData:
    """Digits-like data: pictures of 8 by 8, ten classes."""
    rng = np.random.default_rng(0)
    net = nn.Sequential(hidden=nn.Linear(64, 24), relu=nn.ReLU(), output=nn.Linear(24, 10))
    x, y = rng.normal(size=(200, 64)).astype(np.float32), rng.integers(0, 10, 200)
    counts = np.diag(rng.integers(25, 40, 10)) + (rng.random((10, 10)) > 0.85)
    classes = [f"{i}{evil}" for i in range(10)]
    return ReportData(
        title=f"digits{evil}",
        task="classification",
        parts=_parts(evil, {"accuracy": 0.978}),
        history=_history("accuracy", evil),
        loss="softmax_cross_entropy",
        metric="accuracy",
        parameters=1810,
        seconds=3.2,
        best_epoch=9,
        classes=classes,
        confusion=counts,
        target=f"digit{evil}",
        templates=templates(
            net[0].weight.data,
            image_shape=(8, 8),
            output_weights=net[2].weight.data,
            classes=classes,
        ),
        graph=_graph(net, x[:4], y[:4], cr.softmax_cross_entropy, evil),
        checkup=checkup(net, x, {"hidden.weight": [1e-3], f"output{evil}.weight": [0.5]}),
        summary=str(net.summary(64)) + evil,
        settings={"data": {"source": f"digits{evil}"}, f"seed{evil}": 0, "long": "x" * 300},
        commands=[(f"Use it.{evil}", f"chainrule predict runs/digits{evil} digits")],
    )


def regression(evil: str = "") -> ReportData:
    """Table-like data: named features, one number."""
    rng = np.random.default_rng(1)
    net = nn.MLP([5, 16, 8, 1], activation="tanh")
    x = rng.normal(size=(120, 5)).astype(np.float32)
    true = rng.normal(150, 50, 90)
    return ReportData(
        title=f"diabetes{evil}",
        task="regression",
        parts=_parts(evil, {"R^2": 0.51, "RMSE": 53.4}),
        history=_history("r2", evil),
        loss="squared_error",
        metric="r2",
        parameters=241,
        seconds=0.8,
        true=true,
        predicted=true + rng.normal(0, 20, 90),
        target=f"progression{evil}",
        templates=templates(net[0].weight.data, features=["age", "sex", f"bmi{evil}", "bp", "s1"]),
        graph=_graph(net, x[:4], x[:4, :1], cr.squared_error, evil),
        checkup=checkup(net, x),
        summary=str(net.summary(5)),
        settings={"epochs": EPOCHS},
    )


def _parts(evil: str, values: dict[str, float]) -> list[Part]:
    rows = (("training", 1294), ("validation", 144), (f"test{evil}", 359))
    return [Part(name, count, 0.08, values) for name, count in rows]


def _history(metric: str, evil: str) -> dict[str, list[float]]:
    falling = [2.3 * 0.6**i for i in range(EPOCHS)]
    rising = [1 - 0.5 * 0.7**i for i in range(EPOCHS)]
    history = {"epoch": list(range(1, EPOCHS + 1)), "loss": falling, "data_loss": falling}
    history |= {metric: rising, f"validation_{metric}": [r - 0.05 for r in rising]}
    history["validation_loss"] = [v + 0.1 for v in falling]
    for layer in (f"hidden{evil}", "output"):
        history[f"update_ratio/{layer}.weight"] = [1e-3 * (1 + i) for i in range(EPOCHS)]
        history[f"gradient_norm/{layer}.weight"] = falling
    return history


def _graph(net, x, y, loss, evil: str) -> str:
    out = net(x)
    out.name = f"scores{evil}"
    terms = nn.objective(net, loss(out, y), nn.L2(1e-3))
    terms.total.backward()
    return graph_svg(terms.total, title=f"The graph{evil}")
