"""The letters as machine code: one function from a letter's name to LLVM's instructions."""

from chainrule.native.letters.apply import LETTERS, apply
from chainrule.native.letters.symbols import resolve, symbol_of

__all__ = ["LETTERS", "apply", "resolve", "symbol_of"]
