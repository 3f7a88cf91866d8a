"""The lecture's examples, as the lines that a reader would type.

Imports nothing of chainrule. questions.py hands them to the page; a test compares their numbers
with the lecture's.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """One example.

    Attributes
    ----------
    key : str
        What an address calls it.
    title, says : str
        A few words, and what there is to see.
    text : str
        The lines.
    fold : {"ops", "gates"}
        How it is first shown.
    node : str
        The gate that is opened at first: the one that the example is about. "" for none.
    why : str
        The entry of it whose gradient is asked about at first: "0,1". "" for none.
    """

    key: str
    title: str
    says: str
    text: str
    fold: str = "ops"
    node: str = ""
    why: str = ""

    def to_dict(self) -> dict[str, str]:
        """For JSON."""
        return {
            "key": self.key,
            "title": self.title,
            "says": self.says,
            "text": self.text,
            "fold": self.fold,
            "node": self.node,
            "why": self.why,
        }


NEURON = """w0 = 2
x0 = -1
w1 = -3
x1 = -2
w2 = -3
f = sigmoid(w0 * x0 + w1 * x1 + w2)
"""

EXAMPLES = (
    Example(
        "circuit",
        "(x + y) z",
        "Two gates: every gradient is upstream times local.",
        "x = -2\ny = 5\nz = -4\nq = x + y\nf = q * z\n",
    ),
    Example(
        "neuron-gates",
        "A neuron, gate by gate",
        "The sigmoid spelled out: four small gates in place of one.",
        NEURON,
        "gates",
    ),
    Example(
        "neuron",
        "A neuron, with one sigmoid gate",
        "The same numbers: the local gradient of the sigmoid is (1 − s) s.",
        NEURON,
    ),
    Example(
        "add",
        "Add: gradient distributor",
        "Both inputs receive the upstream gradient.",
        "x = 3\ny = 4\nq = x + y\nf = 2 * q\n",
        node="q",
    ),
    Example(
        "multiply",
        "Multiply: swap multiplier",
        "Each input receives the upstream gradient times the other input.",
        "x = 2\ny = 3\nq = x * y\nf = 5 * q\n",
        node="q",
    ),
    Example(
        "copy",
        "Copy: gradient adder",
        "A value that is read twice receives two gradients, which are added.",
        "x = 7\na = 4 * x\nb = 2 * x\nf = a + b\n",
        node="x",
    ),
    Example(
        "max",
        "Max: gradient router",
        "The larger input receives the whole upstream gradient, the other 0.",
        "x = 4\ny = 5\nq = maximum(x, y)\nf = 9 * q\n",
        node="q",
    ),
    Example(
        "relu",
        "ReLU on a vector",
        "A Jacobian that is diagonal and never stored: the gradient passes where x > 0.",
        "x = [1, -2, 3, -1]\nz = relu(x)\nupstream = [4, -1, 5, 9]\nf = sum(z * upstream)\n",
        node="z",
    ),
    Example(
        "matmul",
        "Matrix multiply",
        "dL/dX = dL/dY Wᵀ and dL/dW = Xᵀ dL/dY, with the lecture's numbers.",
        "X = [[2, 1, -3], [-3, 4, 2]]\n"
        "W = [[3, 2, 1, -1], [2, 1, 3, 2], [3, 2, 1, -2]]\n"
        "Y = X @ W\n"
        "upstream = [[2, 3, -3, 9], [-8, 1, 4, 6]]\n"
        "L = sum(Y * upstream)\n",
        node="Y",
    ),
    Example(
        "net",
        "A small net with its loss",
        "Two layers, a ReLU between them, and the softmax loss of two rows.",
        "X = [[1, -1], [0.5, 2]]\n"
        "W1 = [[0.4, -0.6, 0.3], [0.5, 0.2, -0.7]]\n"
        "b1 = [0.1, 0, -0.1]\n"
        "W2 = [[0.7, -0.2], [-0.4, 0.5], [0.3, 0.6]]\n"
        "hidden = relu(X @ W1 + b1)\n"
        "scores = hidden @ W2\n"
        "loss = softmax_cross_entropy(scores, [0, 1])\n",
    ),
    Example(
        "dead-relu",
        "Dead ReLU: why is this 0?",
        "The middle unit is below 0 in every row: its ReLU passes nothing back to its weights.",
        "X = [[1, 2], [2, 0.5], [0.5, 1]]\n"
        "W1 = [[0.4, -0.6, 0.3], [0.5, -0.8, 0.7]]\n"
        "b1 = [0.1, -0.2, -0.1]\n"
        "W2 = [[0.7, -0.2], [-0.4, 0.5], [0.3, 0.6]]\n"
        "hidden = relu(X @ W1 + b1)\n"
        "loss = softmax_cross_entropy(hidden @ W2, [0, 1, 1])\n",
        node="W1",
        why="0,1",
    ),
)
