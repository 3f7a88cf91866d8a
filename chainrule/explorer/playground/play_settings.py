"""What a playground is told: data, net, loss, optimiser; each within its limits, or a sentence.

Imports errors, nn and optim for the names that they know. Everything else of the playground reads
settings that were read here.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.nn.activations import ACTIVATIONS
from chainrule.optim import Optimizer, by_name, names
from chainrule.spec import is_dict, is_sequence

OWN = "own"
MADE = ("moons", "circles", "spiral", "xor")
LEAST_POINTS, MOST_POINTS = 2, 5_000
MOST_CLASSES = 4
MOST_LAYERS, MOST_UNITS = 4, 32
LARGEST_SEED = 999_999
MOMENTUM = 0.9  # of the optimiser that the page calls so
BY_MOMENTUM = "momentum"
OPTIMIZERS = (*(name for name in names() if name != "lbfgs"), BY_MOMENTUM)
# The losses of the page, and what the lecture calls them.
LOSSES = MappingProxyType(
    {
        "softmax_cross_entropy": "softmax",
        "hinge": "SVM",
        "binary_cross_entropy": "logistic",
        "squared_error": "squared error",
    }
)


@dataclass(frozen=True)
class PlaySettings:
    """How a net of the playground is trained, and on what.

    Attributes
    ----------
    data : str
        The name of a made set, or "own".
    rows, noise
        Of a made set.
    seed : int
        Of the made points, of the rows held back, of the weights and of the order of the rows.
    held : float
        Share of the points that are held back for the test.
    layers : tuple of int
        Units of each hidden layer.
    strength : float
        Lambda: of the L2 regularization.
    """

    data: str = "moons"
    rows: int = 300
    noise: float = 0.15
    seed: int = 0
    held: float = 0.3
    layers: tuple[int, ...] = (8, 8)
    activation: str = "tanh"
    loss: str = "softmax_cross_entropy"
    strength: float = 0.0
    optimizer: str = "adam"
    rate: float = 0.01
    batch: int = 32

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    def make_optimizer(self) -> Optimizer:
        """A fresh optimiser."""
        if self.optimizer == BY_MOMENTUM:
            return by_name("sgd", self.rate, momentum=MOMENTUM)
        return by_name(self.optimizer, self.rate)


def read_settings(given: Any) -> PlaySettings:
    """Settings as a page gives them; what it leaves out is as usual.

    Raises
    ------
    ArgumentError
        For the first that is none, in words.
    """
    if not is_dict(given):
        raise ArgumentError("Settings are an object.", where="")
    usual = PlaySettings()
    known = usual.to_dict()
    for name in given:
        if name not in known:
            raise ArgumentError(f"There is no setting {str(name)[:40]!r}.", where="")
    found = {**known, **given}
    return PlaySettings(
        data=_one_of(found["data"], "The data", (*MADE, OWN)),
        rows=whole_number(found["rows"], "The number of points", 10, MOST_POINTS),
        noise=_number(found["noise"], "The noise", 0.0, 1.0),
        seed=whole_number(found["seed"], "The seed", 0, LARGEST_SEED),
        held=_number(found["held"], "The share held back", 0.0, 0.8),
        layers=_layers(found["layers"]),
        activation=_one_of(found["activation"], "The activation", tuple(ACTIVATIONS)),
        loss=_one_of(found["loss"], "The loss", tuple(LOSSES)),
        strength=_number(found["strength"], "Lambda", 0.0, 10.0),
        optimizer=_one_of(found["optimizer"], "The optimiser", OPTIMIZERS),
        rate=_number(found["rate"], "The learning rate", 1e-6, 1e6),
        batch=whole_number(found["batch"], "The batch size", 1, MOST_POINTS),
    )


def _layers(given: Any) -> tuple[int, ...]:
    if not is_sequence(given):
        raise ArgumentError("The layers are a list of numbers of units.", where="")
    layers: Sequence[Any] = given
    if len(layers) > MOST_LAYERS:
        raise ArgumentError(
            f"A net has at most {MOST_LAYERS} hidden layers here, not {len(layers)}.", where=""
        )
    return tuple(whole_number(each, "The number of units", 1, MOST_UNITS) for each in layers)


def whole_number(given: Any, what: str, least: int, most: int) -> int:
    """A whole number between two others, both included."""
    if isinstance(given, float) and given.is_integer():  # of JSON, which has one kind of number
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
        raise ArgumentError(
            f"{what} is a whole number from {least:,} to {most:,}{_met(given)}.", where=""
        )
    return given


def _number(given: Any, what: str, least: float, most: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not least <= given <= most:
        raise ArgumentError(
            f"{what} is a number from {least:g} to {most:g}{_met(given)}.", where=""
        )
    return float(given)


def _one_of(given: Any, what: str, known: Sequence[str]) -> str:
    if not isinstance(given, str) or given not in known:
        raise ArgumentError(f"{what} is one of {', '.join(known)}{_met(given)}.", where="")
    return given


def _met(given: Any) -> str:
    """What was given in its place, where that is short to say."""
    return f", not {given!r:.40}" if isinstance(given, str | int | float) else ""
