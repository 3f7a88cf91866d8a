"""Elements that move: duplicate indices, shifts by one, windows. Backward is NumPy in some."""

import numpy as np

import chainrule as cr
from tests.doctor.corpus.entry import Bug, Right, normal


class Embedding(cr.Op):
    """Rows of a table; the same row may be asked for twice."""

    def forward(self, table, rows):
        return table[rows]

    def backward(self, upstream, table, rows, out):
        gradient = np.zeros(table.shape, table.dtype)
        np.add.at(gradient, rows, np.asarray(upstream))
        return gradient, None


class EmbeddingAssigns(Embedding):
    def backward(self, upstream, table, rows, out):
        gradient = np.zeros(table.shape, table.dtype)
        gradient[rows] = upstream
        return gradient, None


class EmbeddingAddsThroughABuffer(Embedding):
    """gradient[rows] += upstream reads every row once, before any of them is written."""

    def backward(self, upstream, table, rows, out):
        gradient = np.zeros(table.shape, table.dtype)
        gradient[rows] += upstream
        return gradient, None


class EmbeddingCountsFromOne(Embedding):
    def backward(self, upstream, table, rows, out):
        gradient = np.zeros(table.shape, table.dtype)
        np.add.at(gradient, rows - 1, np.asarray(upstream))
        return gradient, None


class Columns(cr.Op):
    def forward(self, x, columns):
        return x[:, columns]

    def backward(self, upstream, x, columns, out):
        one_hot = np.zeros((columns.size, x.shape[1]), x.dtype)
        one_hot[np.arange(columns.size), columns] = 1
        return upstream @ one_hot, None


class ColumnsAssign(Columns):
    def backward(self, upstream, x, columns, out):
        gradient = np.zeros(x.shape, x.dtype)
        for place, column in enumerate(columns):
            gradient[:, column] = upstream[:, place]
        return gradient, None


class RunningSum(cr.Op):
    def forward(self, x):
        return np.cumsum(x)

    def backward(self, upstream, x, out):
        return (np.flip(np.cumsum(np.flip(upstream))),)


class RunningSumWithoutItself(RunningSum):
    """The gradient of an exclusive running sum."""

    def backward(self, upstream, x, out):
        below = np.flip(np.cumsum(np.flip(upstream)))
        return (np.concatenate([below[1:], np.zeros(1)]),)


class RunningSumOfRows(cr.Op):
    def forward(self, x):
        return np.cumsum(x, axis=0)

    def backward(self, upstream, x, out):
        return (np.flip(np.cumsum(np.flip(upstream, 0), axis=0), 0),)


class RunningSumOfRowsAlongColumns(RunningSumOfRows):
    def backward(self, upstream, x, out):
        return (np.flip(np.cumsum(np.flip(upstream, 1), axis=1), 1),)


class Rotation(cr.Op):
    def forward(self, x):
        return np.concatenate([x[-1:], x[:-1]])

    def backward(self, upstream, x, out):
        return (np.concatenate([upstream[1:], upstream[:1]]),)


class RotationNotTurnedBack(Rotation):
    def backward(self, upstream, x, out):
        return (np.concatenate([upstream[-1:], upstream[:-1]]),)


class Lag(cr.Op):
    """The value one step ago, 0 at the start."""

    def forward(self, x):
        return np.concatenate([np.zeros(1), x[:-1]])

    def backward(self, upstream, x, out):
        return (np.concatenate([upstream[1:], np.zeros(1)]),)


class LagThatDoesNotMoveBack(Lag):
    def backward(self, upstream, x, out):
        return (np.concatenate([upstream[:-1], np.zeros(1)]),)


class Window(cr.Op):
    """Valid correlation of a signal with a kernel of three."""

    def forward(self, x, kernel):
        n = x.shape[0] - 2
        return sum(kernel[j] * x[j : j + n] for j in range(3))

    def backward(self, upstream, x, kernel, out):
        n = x.shape[0] - 2
        dx = sum(
            np.concatenate([np.zeros(j), kernel[j] * upstream, np.zeros(2 - j)]) for j in range(3)
        )
        return dx, np.stack([np.sum(upstream * x[j : j + n]) for j in range(3)])


class WindowPaddedOnOneSide(Window):
    def backward(self, upstream, x, kernel, out):
        dx, dkernel = super().backward(upstream, x, kernel, out)
        return np.concatenate([np.zeros(1), dx[:-1]]), dkernel


class WindowCountsItsOffsetsFromOne(Window):
    """Entry j of the kernel gets the gradient of entry j + 1, modulo three."""

    def backward(self, upstream, x, kernel, out):
        n = x.shape[0] - 2
        dx, _ = super().backward(upstream, x, kernel, out)
        sums = [np.sum(upstream * x[j : j + n]) for j in range(3)]
        return dx, np.stack([sums[1], sums[2], sums[0]])


class Interpolation(cr.Op):
    """Linear interpolation between the two neighbours of each position."""

    def forward(self, x, left, share):
        return (1 - share) * x[left] + share * x[left + 1]

    def backward(self, upstream, x, left, share, out):
        gradient = np.zeros(x.shape, x.dtype)
        np.add.at(gradient, left, np.asarray((1 - share) * upstream))
        np.add.at(gradient, left + 1, np.asarray(share * upstream))
        return gradient, None, upstream * (x[left + 1] - x[left])


class InterpolationThroughABuffer(Interpolation):
    def backward(self, upstream, x, left, share, out):
        gradient = np.zeros(x.shape, x.dtype)
        gradient[left] += (1 - share) * upstream
        gradient[left + 1] += share * upstream
        return gradient, None, upstream * (x[left + 1] - x[left])


ROWS = np.array([2, 0, 2, 3, 2])
LEFT, SHARE = np.array([0, 2, 0, 3]), np.array([0.25, 0.5, 0.75, 0.3])
SIGNAL, KERNEL = normal(51, 7), normal(52, 3)

BUGS = [
    Bug(EmbeddingAssigns, (normal(53, 5, 3), ROWS), "scatter_last_wins"),
    Bug(EmbeddingAddsThroughABuffer, (normal(53, 5, 3), ROWS), "scatter_last_wins"),
    Bug(ColumnsAssign, (normal(54, 3, 4), np.array([1, 1, 0, 3])), "scatter_last_wins"),
    Bug(InterpolationThroughABuffer, (normal(55, 6), LEFT, SHARE), "scatter_last_wins"),
    Bug(EmbeddingCountsFromOne, (normal(53, 5, 3), ROWS), "shifted_index"),
    Bug(RunningSumWithoutItself, (SIGNAL,), "shifted_index"),
    Bug(RunningSumOfRowsAlongColumns, (normal(56, 4, 4),), "wrong_axis"),
    Bug(RotationNotTurnedBack, (SIGNAL,), "shifted_index"),
    Bug(LagThatDoesNotMoveBack, (SIGNAL,), "shifted_index"),
    Bug(WindowPaddedOnOneSide, (SIGNAL, KERNEL), "shifted_index"),
    Bug(WindowCountsItsOffsetsFromOne, (SIGNAL, KERNEL), "shifted_index", (1,)),
]

RIGHT = [
    Right(Embedding, (normal(53, 5, 3), ROWS), "with a row taken three times"),
    Right(Columns, (normal(54, 3, 4), np.array([1, 1, 0, -1])), "with a column taken twice"),
    Right(RunningSum, (SIGNAL,)),
    Right(RunningSumOfRows, (normal(56, 4, 4),)),
    Right(Rotation, (SIGNAL,)),
    Right(Lag, (SIGNAL,)),
    Right(Window, (SIGNAL, KERNEL)),
    Right(Interpolation, (normal(55, 6), LEFT, SHARE), "with shared neighbours"),
]
