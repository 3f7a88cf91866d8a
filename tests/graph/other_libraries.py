"""Calls of other libraries, as people make them, with a vector t of 4 and a matrix m."""

import array
import bisect
import copy
import decimal
import fractions
import functools
import heapq
import itertools
import json
import math
import operator
import pickle
import random
import statistics
import struct

import matplotlib
import numpy as np
import pandas as pd
import scipy.integrate
import scipy.interpolate
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.sparse
import scipy.spatial
import scipy.stats
import sklearn.cluster
import sklearn.linear_model
import sklearn.metrics
import sklearn.preprocessing
from matplotlib.figure import Figure

matplotlib.use("Agg")
RNG = np.random.default_rng(0)
X = np.array([0.1, 0.2, 0.4, 0.8])
S = pd.Series(X)
LABELS = np.array([0, 1, 0, 1])


def filled(a, value):
    a.fill(value)
    return a


def assigned(a, key, value):
    a[key] = value
    return a


def axes():
    return Figure().subplots()


def fitted():
    return sklearn.linear_model.LinearRegression().fit(X[:, None], X)


PYTHON = {
    "abs": lambda t, m: abs(t),
    "round": lambda t, m: round(t, 2),
    "pow": lambda t, m: pow(t, 2),
    "divmod": lambda t, m: divmod(t, 2)[1],
    "sum": lambda t, m: sum(t),
    "sum of a list": lambda t, m: sum([t[0], t[1]]),
    "max": lambda t, m: max(t[0], t[1]),
    "min of a list": lambda t, m: min([t[0], t[1]]),
    "sorted": lambda t, m: sorted(t),
    "list": lambda t, m: list(t),
    "reversed": lambda t, m: list(reversed(t)),
    "zip": lambda t, m: list(zip(t, t, strict=True)),
    "map": lambda t, m: list(map(operator.neg, t)),
    "float": lambda t, m: float(t[0]),
    "int": lambda t, m: int(t[0]),
    "complex": lambda t, m: complex(t[0]),
    "index": lambda t, m: [1.0, 2.0][t[0]],
    "range": lambda t, m: list(range(t[0])),
    "percent": lambda t, m: float("%f" % t[0]),  # noqa: UP031  what is tried
    "bytes": lambda t, m: bytes(t),
    "memoryview": lambda t, m: memoryview(t),
    "list * t": lambda t, m: [1.0] * t,
    "isinstance": lambda t, m: isinstance(t, float),
    "math.exp": lambda t, m: math.exp(t[0]),
    "math.sqrt": lambda t, m: math.sqrt(t[0]),
    "math.pow": lambda t, m: math.pow(t[0], 2),
    "math.floor": lambda t, m: math.floor(t[0]),
    "math.hypot": lambda t, m: math.hypot(t[0], t[1]),
    "math.fsum": lambda t, m: math.fsum(t),
    "math.prod": lambda t, m: math.prod(t),
    "math.dist": lambda t, m: math.dist(t, t),
    "math.isclose": lambda t, m: math.isclose(t[0], t[1]),
    "statistics.mean": lambda t, m: statistics.mean(t),
    "statistics.fmean": lambda t, m: statistics.fmean(t),
    "statistics.median": lambda t, m: statistics.median(t),
    "statistics.stdev": lambda t, m: statistics.stdev(t),
    "statistics.NormalDist": lambda t, m: statistics.NormalDist(t[0], t[1]).pdf(0.0),
    "operator.mul": lambda t, m: operator.mul(t, t),
    "operator.index": lambda t, m: operator.index(t[0]),
    "functools.reduce": lambda t, m: functools.reduce(operator.add, t),
    "itertools.accumulate": lambda t, m: list(itertools.accumulate(t)),
    "itertools.chain": lambda t, m: list(itertools.chain(t, t)),
    "heapq.nlargest": lambda t, m: heapq.nlargest(2, t),
    "bisect": lambda t, m: bisect.bisect(X, t[0]),
    "random.uniform": lambda t, m: random.uniform(t[0], t[1]),
    "random.choice": lambda t, m: random.choice(t),
    "random.gauss": lambda t, m: random.gauss(t[0], t[1]),
    "decimal": lambda t, m: float(decimal.Decimal(t[0])),
    "fractions": lambda t, m: float(fractions.Fraction(t[0])),
    "struct.pack": lambda t, m: struct.unpack("d", struct.pack("d", t[0])),
    "array.array": lambda t, m: list(array.array("d", t)),
    "json": lambda t, m: json.loads(json.dumps(list(t))),
    "json of one": lambda t, m: json.loads(json.dumps(t)),
    "tuple in a dict": lambda t, m: {"a": (t, m)},
}
NUMPY = {
    "np.array of a list": lambda t, m: np.array([t[0], t[1]]),
    "np.array of mixed": lambda t, m: np.array([[t[0], 1.0], [2.0, t[1]]]),
    "np.array of objects": lambda t, m: np.array([t[0], None], dtype=object),
    "a[:] = t": lambda t, m: assigned(np.zeros(4), slice(None), t**2),
    "a[0] = t0": lambda t, m: assigned(np.zeros(4), 0, t[0]),
    "a[mask] = t": lambda t, m: assigned(np.zeros(4), X > 0, t),
    "a[0] = t of objects": lambda t, m: assigned(np.empty(2, object), 0, t[0]),
    "a += t": lambda t, m: operator.iadd(np.zeros(4), t),
    "a @= m": lambda t, m: operator.imatmul(np.eye(3), m),
    "a.fill": lambda t, m: filled(np.zeros(4), t[0]),
    "a.dot": lambda t, m: X.dot(t),
    "a.clip": lambda t, m: X.clip(t, 1),
    "a.put": lambda t, m: X.copy().put([0], t[0]) or X,
    "a.itemset": lambda t, m: np.zeros(4).itemset(0, t[0]),
    "a.searchsorted": lambda t, m: X.searchsorted(t),
    "a.choose": lambda t, m: LABELS.choose([t, t]),
    "a.astype": lambda t, m: X.astype(t.dtype)[:0],
    "np.float64": lambda t, m: np.float64(t[0]),
    "np.float64 of many": lambda t, m: np.float64(t),
    "np.asarray float32": lambda t, m: np.asarray(t, np.float32),
    "np.vectorize": lambda t, m: np.vectorize(lambda v: v * 2)(t),
    "np.frompyfunc": lambda t, m: np.frompyfunc(lambda v: v * 2, 1, 1)(t),
    "np.fromiter": lambda t, m: np.fromiter(t, float),
    "np.fromfunction": lambda t, m: np.fromfunction(lambda i: t[0] * i, (3,)),
    "np.from_dlpack": lambda t, m: np.from_dlpack(t),
    "np.frombuffer": lambda t, m: np.frombuffer(t),
    "np.apply_along_axis": lambda t, m: np.apply_along_axis(np.sum, 0, t),
    "np.piecewise": lambda t, m: np.piecewise(t, [t > 0.5], [1, 2]),
    "np.ndarray of its memory": lambda t, m: np.array(t.__array_interface__["data"]),
    "np.ma": lambda t, m: np.ma.masked_array(t, X > 0.3),
    "np.ma.mean": lambda t, m: np.ma.mean(t),
    "np.poly1d": lambda t, m: np.poly1d(t)(0.5),
    "np.polynomial": lambda t, m: np.polynomial.Polynomial(t)(0.5),
    "np.polynomial.polyval": lambda t, m: np.polynomial.polynomial.polyval(0.5, t),
    "np.random.normal": lambda t, m: RNG.normal(t),
    "np.random.choice": lambda t, m: RNG.choice(t),
    "np.random.permutation": lambda t, m: RNG.permutation(t),
    "np.random.multivariate_normal": lambda t, m: RNG.multivariate_normal(X[:3], m),
    "np.lib.stride_tricks": lambda t, m: np.lib.stride_tricks.sliding_window_view(t, 2),
    "np.lib.scimath": lambda t, m: np.emath.sqrt(t),
    "np.nditer": lambda t, m: [float(v) for v in np.nditer(t)],
    "np.ndenumerate": lambda t, m: [v for _, v in np.ndenumerate(t)],
    "np.broadcast": lambda t, m: list(np.broadcast(t, t)),
    "np.recarray": lambda t, m: np.rec.fromarrays([t, t]),
    "np.testing": lambda t, m: np.testing.assert_allclose(t, X),
    "np.r_": lambda t, m: np.r_[t, 1.0],
    "np.c_": lambda t, m: np.c_[t, t],
}
SCIPY = {
    "stats.norm.logpdf": lambda t, m: scipy.stats.norm.logpdf(t),
    "stats.norm with a mean": lambda t, m: scipy.stats.norm(t[0], 1.0).logpdf(X),
    "stats.gamma.logpdf": lambda t, m: scipy.stats.gamma.logpdf(X, t),
    "stats.poisson.logpmf": lambda t, m: scipy.stats.poisson.logpmf(LABELS, t),
    "stats.multivariate_normal": lambda t, m: scipy.stats.multivariate_normal.logpdf(t[:3], cov=m),
    "stats.norm.rvs": lambda t, m: scipy.stats.norm.rvs(loc=t),
    "stats.zscore": lambda t, m: scipy.stats.zscore(t),
    "stats.pearsonr": lambda t, m: scipy.stats.pearsonr(t, X),
    "stats.spearmanr": lambda t, m: scipy.stats.spearmanr(t, X),
    "stats.gmean": lambda t, m: scipy.stats.gmean(t),
    "stats.entropy": lambda t, m: scipy.stats.entropy(t),
    "stats.ttest_ind": lambda t, m: scipy.stats.ttest_ind(t, X),
    "stats.gaussian_kde": lambda t, m: scipy.stats.gaussian_kde(t)(X),
    "integrate.quad": lambda t, m: scipy.integrate.quad(lambda v: v, 0, t[0]),
    "integrate.quad of a closure": lambda t, m: scipy.integrate.quad(lambda v: v * t[0], 0, 1),
    "integrate.simpson": lambda t, m: scipy.integrate.simpson(t),
    "integrate.trapezoid": lambda t, m: scipy.integrate.trapezoid(t),
    "integrate.solve_ivp": lambda t, m: scipy.integrate.solve_ivp(lambda s, y: -y, (0, 1), t).y,
    "integrate.odeint": lambda t, m: scipy.integrate.odeint(lambda y, s: -y, t, [0, 1]),
    "interpolate.interp1d": lambda t, m: scipy.interpolate.interp1d(X, t)(0.3),
    "interpolate.CubicSpline": lambda t, m: scipy.interpolate.CubicSpline(X, t)(0.3),
    "interpolate at t": lambda t, m: scipy.interpolate.CubicSpline(X, X)(t),
    "optimize.minimize": lambda t, m: scipy.optimize.minimize(lambda v: (v**2).sum(), t).x,
    "optimize.minimize of a closure": lambda t, m: (
        scipy.optimize.minimize(lambda v: ((v - t) ** 2).sum(), X).x
    ),
    "optimize.root": lambda t, m: scipy.optimize.root(lambda v: v, t).x,
    "optimize.brentq": lambda t, m: scipy.optimize.brentq(lambda v: v - t[0], 0, 1),
    "optimize.curve_fit": lambda t, m: scipy.optimize.curve_fit(lambda v, a: a * v, X, t),
    "optimize.nnls": lambda t, m: scipy.optimize.nnls(m, X[:3]),
    "signal.convolve": lambda t, m: scipy.signal.convolve(t, X),
    "signal.savgol_filter": lambda t, m: scipy.signal.savgol_filter(t, 3, 1),
    "ndimage.gaussian_filter": lambda t, m: scipy.ndimage.gaussian_filter(t, 1.0),
    "ndimage.convolve": lambda t, m: scipy.ndimage.convolve(m, np.ones((2, 2))),
    "spatial.distance.cdist": lambda t, m: scipy.spatial.distance.cdist(m, m),
    "spatial.distance.euclidean": lambda t, m: scipy.spatial.distance.euclidean(t, X),
    "spatial.distance.cosine": lambda t, m: scipy.spatial.distance.cosine(t, X),
    "spatial.KDTree": lambda t, m: scipy.spatial.KDTree(m).query(X[:3]),
    "sparse.csr_array": lambda t, m: scipy.sparse.csr_array(m),
    "sparse @ t": lambda t, m: scipy.sparse.csr_array(np.eye(4)) @ t,
    "t @ sparse": lambda t, m: t @ scipy.sparse.csr_array(np.eye(4)),
    "sparse * t": lambda t, m: scipy.sparse.csr_array(np.eye(4)) * t,
}
TABLES = {
    "Series": lambda t, m: pd.Series(t),
    "Series of numbers": lambda t, m: pd.Series([t[0], t[1]]),
    "Series of a type": lambda t, m: pd.Series(t, dtype=float),
    "Series * t": lambda t, m: S * t,
    "t * Series": lambda t, m: t * S,
    "Series + t0": lambda t, m: S + t[0],
    "Series.add": lambda t, m: S.add(t),
    "Series.where": lambda t, m: S.where(S > 0.3, t),
    "Series.clip": lambda t, m: S.clip(t),
    "Series.fillna": lambda t, m: pd.Series([np.nan] * 4).fillna(t[0]),
    "Series[...] = t": lambda t, m: assigned(pd.Series(np.zeros(4)), slice(None), t),
    "Series.map": lambda t, m: S.map(lambda v: v * t[0]),
    "DataFrame": lambda t, m: pd.DataFrame(m),
    "DataFrame of a dict": lambda t, m: pd.DataFrame({"a": t}),
    "DataFrame of rows": lambda t, m: pd.DataFrame([[t[0], t[1]]]),
    "DataFrame.assign": lambda t, m: pd.DataFrame({"a": X}).assign(b=t),
    "frame[...] = t": lambda t, m: assigned(pd.DataFrame({"a": X}), "b", t),
    "DataFrame @ m": lambda t, m: pd.DataFrame(np.eye(3)) @ m,
    "DataFrame.apply": lambda t, m: pd.DataFrame({"a": X}).apply(lambda v: v * t[0]),
    "pd.cut": lambda t, m: pd.cut(t, 2),
    "pd.to_numeric": lambda t, m: pd.to_numeric(t),
    "pd.Index": lambda t, m: pd.Index(t),
}
PICTURES = {
    "plot": lambda t, m: axes().plot(t)[0].get_ydata(),
    "plot of x and y": lambda t, m: axes().plot(X, t)[0].get_ydata(),
    "scatter": lambda t, m: axes().scatter(X, t).get_offsets(),
    "bar": lambda t, m: axes().bar(X, t)[0].get_height(),
    "hist": lambda t, m: axes().hist(t),
    "imshow": lambda t, m: axes().imshow(m).get_array(),
    "contour": lambda t, m: axes().contour(m).get_array(),
    "axhline": lambda t, m: axes().axhline(t[0]).get_ydata(),
    "errorbar": lambda t, m: axes().errorbar(X, X, yerr=t),
    "set_xlim": lambda t, m: axes().set_xlim(t[0], t[1]),
}
LEARNING = {
    "mean_squared_error": lambda t, m: sklearn.metrics.mean_squared_error(X, t),
    "r2_score": lambda t, m: sklearn.metrics.r2_score(X, t),
    "log_loss": lambda t, m: sklearn.metrics.log_loss(LABELS, t),
    "roc_auc_score": lambda t, m: sklearn.metrics.roc_auc_score(LABELS, t),
    "accuracy_score": lambda t, m: sklearn.metrics.accuracy_score(LABELS, t),
    "pairwise_distances": lambda t, m: sklearn.metrics.pairwise_distances(m),
    "fit of m": lambda t, m: sklearn.linear_model.LinearRegression().fit(m, X[:3]).coef_,
    "fit of t": lambda t, m: sklearn.linear_model.LinearRegression().fit(X[:, None], t).coef_,
    "score": lambda t, m: fitted().score(X[:, None], t),
    "predict": lambda t, m: fitted().predict(t[:, None]),
    "StandardScaler": lambda t, m: sklearn.preprocessing.StandardScaler().fit_transform(m),
    "normalize": lambda t, m: sklearn.preprocessing.normalize(m),
    "KMeans": lambda t, m: sklearn.cluster.KMeans(2, n_init=1).fit(m).cluster_centers_,
}
COPIES = {
    "copy.copy": lambda t, m: copy.copy(t * 2),
    "copy.deepcopy": lambda t, m: copy.deepcopy(t * 2),
    "copy.deepcopy of a dict": lambda t, m: copy.deepcopy({"a": [t * 2]}),
    "pickle": lambda t, m: pickle.loads(pickle.dumps(t * 2)),
}
