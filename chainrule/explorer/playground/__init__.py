"""The playground: a small net in the plane, trained in machine code while a page watches.

One training belongs to one page. It runs in a thread of its own, hears orders, and leaves frames
in an outbox in which the newest wins: neither a slow page nor a dead one holds it up.

layer_outputs.py   what every layer of a net says, in one pass of machine code
made_points.py     moons, circles, the lecture's spiral and XOR
moment.py          where a training stood: its parameters and numbers; the moments that are kept
play_frame.py      what a page shows of one moment, as bytes
play_outbox.py     cards, each of them, and of frames the newest
play_questions.py  a table read, a net as code: questions without a training
play_room.py       how many may train at once, and each page's seat
play_script.py     a script that trains the same net on the same points
play_session.py    the thread: orders in, frames out
play_settings.py   data, net, loss and optimiser, each within its limits
play_task.py       points standardised and split, with the targets of each loss
played_net.py      the net, trained epoch by epoch and measured
point_set.py       points with a class each, checked
point_table.py     a table as text becomes points, or the row that is not
"""
