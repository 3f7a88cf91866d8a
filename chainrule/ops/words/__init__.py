"""The open alphabet: scalar functions that NumPy or SciPy computes, with their slopes written.

bessel.py        the Bessel functions j0, j1, i0, i1 and their families jv, iv
choice.py        the letters fmax, fmin and copysign, and the words nan_to_num and heaviside
circular.py      tan, the inverse circular functions, degrees and sinc
divisions.py     the letter fmod, and the words mod and floor_divide
entropy.py       xlogy, xlog1py, entr, rel_entr, kl_div and logit
exponentials.py  bases 2 and 10, sums in the logarithm, cbrt and reciprocal
gamma.py         gammaln, digamma, polygamma and betaln
hyperbolic.py    sinh, cosh and the inverse hyperbolic functions
hypotenuse.py    the length of a vector of two numbers, and the legs that are its slopes
normal.py        its chance ndtr, and the inverse error functions
rounding.py      the letters ceil, rint and trunc, and the word round
special.py       functions of scipy.special, imported when one is first called
"""

from chainrule.graph.discovery import import_files as _import_files

_import_files(__name__, __path__)
