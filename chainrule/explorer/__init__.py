"""The explorer: a page on this machine that shows what flows through a graph, gate by gate.

Floor 9: imports the inspection below it; the command line starts it. starlette and uvicorn enter
here and nowhere else, as the extra ``chainrule[explorer]``; the page itself is built from the
checkout's folder ``explorer/`` and lies in ``static/`` once that has been done.

asked_values.py    what a question may ask for: numbers within limits, words of a list
closed_grammar.py  which lines a reader may type, and where a line leaves the grammar
digit_templates.py what a classifier, or hidden units, look for in pictures of digits
error_cards.py    errors as cards: in words, with the place where that is known
folds.py          which ops are spelled out and which modules are one box
empty_file.py      the page as one file that asks nobody, with a slot for what is kept
front_door.py      the application, where the extra is installed
graph_cards.py    a question that names a graph becomes that graph, and a card of it
guarding.py        who may ask at all: this machine, under this name, with the token
jacobian_cells.py a local Jacobian as a picture: cells, structure, size
kept_cards.py      what a graph that leaves as one file can still be asked
lecture_pages.py   the lecture's examples, as the lines that a reader would type
live_page.py       a page that a thread serves while the program goes on
mailbox.py         messages that wait for a slow reader: few, and the newest stays
meant_lines.py     what a reader meant whose line is none of the grammar's
mathml.py         a formula in Python's spelling becomes a tree that the page sets
one_file.py        what is seen leaves as one file, to hand to a class
op_formulas.py    the formulas of the ops that a lecture meets, forward and back
op_words.py        the ops that typed lines may call
own_code.py       a user's own code, run with an end and with its prints
page_files.py      the built page: a fixed table of files, read once
plane_panels.py    nets of several sizes or lambdas, side by side on the same points
playground/        a small net in the plane, trained in machine code while a page watches
questions.py       what the page asks becomes a card
reach_card.py     what an entry influences, and what influences it, in words
rewriting.py       a number that was changed in the picture is changed in the lines
serving.py         one address on this machine, until Ctrl-C
showing.py         cr.show: lines of text, a page, or a file
site.py            the Starlette application
stilled.py         a graph as it is at this moment, which its parameters may leave
subjects.py        what can be explored besides typed lines: a function, a run, a graph held
talking.py         the socket: limits on size, count and time, and the newest question wins
typed_graph.py     typed lines become a graph of the engine; nothing of them is executed
why_card.py        why a gradient is what it is, with its products
written_out.py     numbers, arrays and settings that a line writes out
"""

from chainrule.explorer.front_door import app, missing
from chainrule.explorer.showing import show

__all__ = ["app", "missing", "show"]
