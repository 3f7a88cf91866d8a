"""The garbage collector is held still for a while, and goes on as it was."""

import gc

import pytest

from chainrule.cli import main
from chainrule.cli.collector import held_still


def test_it_goes_on_afterwards_even_after_an_error():
    with held_still():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), held_still():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_that_somebody_switched_off_stays_off():
    gc.disable()
    try:
        with held_still():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_command_in_somebodys_own_process_freezes_nothing(capsys):
    frozen = gc.get_freeze_count()
    assert main(["--version"]) == 0
    assert gc.get_freeze_count() <= frozen  # what the tests froze may go
    assert gc.isenabled()
