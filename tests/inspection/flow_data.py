"""A flow as data: JSON that keeps to its schema."""

import json

from chainrule.inspection.flow_record import schema

from .schemas import breaches


def told(flow):
    """The dict of a flow, which is JSON, and what the schema says."""
    said = json.loads(json.dumps(flow.to_dict(), allow_nan=False))
    assert breaches(said, schema()) == []
    return said
