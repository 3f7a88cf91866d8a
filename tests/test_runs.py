"""Estimators of tables that were read before; saved, and opened again."""

import sys

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import chainrule as cr
from chainrule.errors import DataError, MissingDataError, MissingLibraryError
from chainrule.estimators import TabularClassifier, TabularRegressor
from chainrule.estimators.member_training import parts_of
from chainrule.train.data import fit_table


@pytest.mark.parametrize("name", ["classes", "numbers"])
def test_a_table_read_before_is_trained_on_and_opened_again_as_the_same_estimator(tmp_path, name):
    rng = np.random.default_rng(0)
    table = {"id": np.arange(60), "x": rng.normal(size=60), "town": ["Bern", "Graz", "Kiel"] * 20}
    y = table["x"] > 0 if name == "classes" else 3 * table["x"] + 5
    kind = TabularClassifier if name == "classes" else TabularRegressor
    read = fit_table(table | {"y": y.astype(int if name == "classes" else float)}, "y")
    stands = []
    model = kind("fast", random_state=0).fit_table(read, stands.append)
    assert [role.name for role in model.table_.roles] == ["id", "x", "town"]
    assert model.held_out_.shape == ((60, 2) if name == "classes" else (60,))
    assert 0 < np.isnan(model.held_out_.reshape(60, -1)[:, 0]).sum() < 60  # a fifth is left out
    assert stands[-1].share == 1
    assert [stand.share for stand in stands] == sorted(stand.share for stand in stands)

    folder = tmp_path / "run"
    folder.mkdir()
    model.save(folder / "model.npz")
    again = cr.load_run(folder)
    later = {"more": ["?"] * 3, "town": ["Oslo", "Bern", None], "x": ["0.5", "NA", "-1"]}
    assert_array_equal(again.predict(later), model.predict(later))
    frame = pd.DataFrame(table)[["town", "x"]]
    assert_array_equal(again.predict(frame), model.predict(table))
    with pytest.raises(DataError, match="lacks 1 column that the net reads: town"):
        again.predict({"x": [1.0]})
    if name == "classes":
        assert again.classes_.tolist() == [0, 1]
        assert again.score(table, y) > 0.8
    else:
        ends = again.predict_interval(later)
        assert_allclose(ends.mean(1), again.predict(later))
        assert_allclose(ends[:, 1] - ends[:, 0], 2 * model.margin_)
        inside = model.predict_interval(table)
        assert np.mean((inside[:, 0] <= y) & (y <= inside[:, 1])) > 0.6


def test_what_cannot_be_opened_as_an_estimator_says_what_it_is(tmp_path, monkeypatch):
    with pytest.raises(MissingDataError, match=r"holds no model\.npz"):
        cr.load_run(tmp_path)
    with pytest.raises(MissingDataError, match="there is no file"):
        cr.load_run(tmp_path / "none.npz")
    (tmp_path / "model.safetensors").write_bytes(b"a net")
    for path in (tmp_path, tmp_path / "model.safetensors"):
        with pytest.raises(DataError, match="the run of one plain net"):
            cr.load_run(path)
    (tmp_path / "model.npz").write_bytes(b"PK broken")
    with pytest.raises(DataError, match="not an estimator that chainrule saved"):
        cr.load_run(tmp_path)
    for module in [name for name in sys.modules if name.startswith("chainrule.estimators")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    with pytest.raises(MissingLibraryError, match="scikit-learn, which cannot be imported"):
        cr.load_run(tmp_path)


def test_the_estimator_suits_what_the_table_s_target_holds():
    x = np.arange(20.0)
    with pytest.raises(DataError, match="a classifier learns classes, but 'y' holds numbers"):
        TabularClassifier("fast").fit_table(fit_table({"x": x, "y": x / 7}, "y"))
    with pytest.raises(DataError, match="a regressor learns numbers, but 'y' holds classes"):
        TabularRegressor("fast").fit_table(fit_table({"x": x, "y": x > 3}, "y"))


def test_rows_of_one_group_are_left_out_together():
    rng = np.random.default_rng(0)
    groups = rng.integers(100, 120, 300)
    part = parts_of(np.zeros(300), 8, 0, rng, groups)
    assert all(len(np.unique(part[groups == each])) == 1 for each in np.unique(groups))
    assert set(part) == set(range(8))

    assert set(parts_of(np.zeros(300), 8, 0, rng, groups * 0)) == set(range(8))  # one group

    x = rng.normal(size=40)
    table = fit_table({"x": x, "y": 2 * x}, "y")
    model = TabularRegressor("fast", random_state=0).fit_table(table, groups=np.arange(40) // 8)
    held = ~np.isnan(model.held_out_)
    assert held.sum() == 8
    assert np.ptp(np.flatnonzero(held) // 8) == 0
