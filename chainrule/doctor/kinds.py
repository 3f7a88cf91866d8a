"""The kinds of findings, each with what it means: the doctor's vocabulary.

Imports nothing. The documentation shows it; tests hold every finding against it.
"""

from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "wrong_count": "backward returns more or fewer gradients than there are inputs",
        "wrong_shape": "a gradient has not the shape of its input",
        "wrong_dtype": "a gradient has not the dtype of its input",
        "none_returned": "None for an input that the result depends on",
        "mutates_input": "an input or the upstream gradient is written into",
        "nondeterministic": "two runs on the same inputs differ",
        "stale_state": "the answer depends on an earlier call",
        "non_finite": "NaN or infinity where the true gradient is a number",
        "upstream_ignored": "the answer is the same whatever upstream is",
        "not_linear_in_upstream": "twice the upstream does not give twice the gradient",
        "sign": "the gradient, or one of its terms, has the wrong sign",
        "constant_factor": "the gradient is a number times the true one",
        "transposed": "a matrix is transposed that should not be, or the other way round",
        "swapped_inputs": "the gradients of two inputs, or two inputs in them, changed places",
        "missing_fork_sum": "an input is read several times, and not every path came back",
        "missing_broadcast_sum": "the copies of an input that was broadcast were not summed",
        "wrong_axis": "summed, normalised or repeated along another axis",
        "shifted_index": "the gradient stands one place further",
        "scatter_last_wins": "an element picked twice got one gradient instead of their sum",
        "missing_term": "a term, or a factor, of the derived gradient is missing",
        "precision": "right in a wider type, wrong in this one",
        "wrong_at_kink": "at a kink, not between the slopes on its two sides",
        "wrong_branch": "wrong here, right close by, where the function itself has no kink",
        "double_backward": "the gradient is right, the gradient of the gradient is not",
        "hidden_kink": "smooth, but a later derivative is that of a kink inside the formula",
        "higher_order": "two derivatives are right, one of a higher order is not",
        "unknown": "wrong, and nothing above explains it",
    }
)
