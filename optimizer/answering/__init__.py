"""Calls that solve: the bytes of a question go to one worker process, those of the answer come back.

`envelope` reads what the server must know of the bytes, `tasks` is what a worker does with them, `answerer`
is the server's side.
"""
