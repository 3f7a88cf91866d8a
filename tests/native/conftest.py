"""Native code is compiled anew in every test that does not ask for the cache."""

import pytest


@pytest.fixture(autouse=True)
def nothing_is_kept(monkeypatch):
    """On disk, where thousands of kernels would crowd out a user's own."""
    monkeypatch.setenv("CHAINRULE_CACHE", "")
