"""The functions by which plans run: each is made when somebody wants it, and once."""

from chainrule.native import feeding, kernel_calls, looking, looping
from chainrule.native.runtime import Parts
from chainrule.native.tiers import SPEED


def test_functions_are_made_when_they_are_wanted_and_once():
    made = []

    def make(content, names, module, known, speed):
        made.append(content)
        assert all(f"@{name}(" in str(module) for name in names)
        return dict.fromkeys(names, speed), None

    parts = Parts(make)
    assert parts.look() == 0
    plain = parts.runtime(0)
    assert made == ["base 0", "loops 0"]
    assert {kernel_calls.RUN, feeding.REPEAT} <= plain.addresses.keys()
    assert looping.LOOP not in plain.addresses
    assert (plain.loop(), plain.loop()) == (0, 0)
    assert made == ["base 0", "loops 0", "scans 0"]
    assert parts.runtime(SPEED).addresses[feeding.REPEAT] == SPEED
    assert parts.look() == SPEED  # it is paid for by whoever asked for fast code
    assert parts.runtime(0).addresses[feeding.REPEAT] == SPEED  # fast code serves everybody
    assert made[3:] == [f"loops {SPEED}", f"look {SPEED}"]
    assert looking.LOOK in parts.base
