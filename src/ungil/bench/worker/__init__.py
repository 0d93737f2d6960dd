"""What runs inside the measured interpreter: one sample in a process of its own.

    python -m ungil.bench.worker REQUEST ANSWER

It imports the standard library only, and of ungil what does so too: the interpreter may be
one in which nothing is installed. `__main__` says what is in the two files.
"""

NO_ROOM = 74
"""Its exit status where nothing can be written, not even that (`EX_IOERR` of sysexits.h)."""
