"""Reports of made-up runs, as full as they can be, and as hostile."""

import numpy as np

import chainrule as cr
from chainrule import nn
from chainrule.inspection import Part, ReportData, checkup, graph_svg, templates
from chainrule.train.judgement import confusion, judge_classes

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
        checkup=checkup(net, x, ratios={"hidden.weight": [1e-3], f"output{evil}.weight": [0.5]}),
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


def table(evil: str = "", classes: int = 26) -> ReportData:
    """A run of estimators: figures beside a constant answer, and what the columns tell."""
    rng = np.random.default_rng(2)
    names = [f"{chr(65 + place % 26)}{place // 26 or ''}{evil}" for place in range(classes)]
    labels = rng.integers(0, classes, 900)
    chances = rng.dirichlet(np.ones(classes), 900) + np.eye(classes)[labels]
    chances /= chances.sum(1, keepdims=True)
    figures = judge_classes(chances, labels, names)
    values = {
        "accuracy": 0.81,
        "balanced accuracy": 0.8,
        "log loss": 0.6,
        "ROC AUC": 0.97,
        "F1": 0.8,
    }
    return ReportData(
        title=f"letters{evil}",
        task="classification",
        parts=[Part(name, 900, 0.6, values) for name in ("training", "validation", "test")],
        references=[
            Part("constant", 900, 3.2, values),
            Part(f"baseline{evil}", 900, 0.7, values),
        ],
        history={},
        loss="",
        classes=names,
        confusion=confusion(chances.argmax(1), labels, classes),
        per_class=figures["classes"],
        calibration=figures["calibration"],
        importance=[(f"column {place}{evil}", 0.2 / (1 + place), 0.01) for place in range(9)],
        worst=(["row", f"id{evil}", "truth"], [["line 7", f"4{evil}", names[0]]] * 10),
        columns=[
            (f"a rather long name {place}{evil}", "numeric", "numbers") for place in range(9)
        ],
        worries=[f"1 class has a handful of training rows{evil}"],
        settings={"data": {"source": "letters.csv"}},
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
