"""metrics.json: the figures of each part of a run, for programs.

Imports the judgement. Both kinds of training write it; nothing reads it.
"""

import json
from collections.abc import Mapping
from typing import Any

from chainrule.cli.outcome import Outcome
from chainrule.train.judgement import judge_constant, without_nan


def metrics_text(parts: Mapping[str, Mapping[str, Any]]) -> str:
    """Parts by name, with their figures, as JSON; null where there is no number."""
    return json.dumps(without_nan(parts), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def metrics_of_net(outcome: Outcome) -> str:
    """Those of one plain net, and of a constant answer to its last part."""
    dataset, last = outcome.dataset, outcome.parts[-1]
    found: dict[str, Mapping[str, Any]] = {
        part.part: {"rows": part.rows, "loss": part.loss, **part.judged} for part in outcome.parts
    }
    seen, truth = dataset.y_train, dataset.targets[last.part]
    if not dataset.classes:
        seen, truth = map(dataset.preprocessing.original, (seen, truth))
    found["constant"] = judge_constant(seen, truth, dataset.classes)
    return metrics_text(found)
