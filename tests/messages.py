"""The message of an error of ours, whatever line of a test it names."""

import re

import pytest

from chainrule import errors


def message_of(kind, call):
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, errors.ChainruleError)
    return re.sub(r" +\w*messages\w*\.py:\d+", " HERE", str(caught.value))


def lines(*parts):
    return "\n".join(parts)
