"""Two threads load the same modules lazily."""

# mypy: ignore-errors
import threading

import lazy_loader

names = """
    bdb cmd code colorsys compileall configparser csv doctest filecmp fileinput fractions ftplib
    getopt graphlib imaplib mailbox modulefinder netrc optparse pickletools plistlib poplib profile
    pstats pty pyclbr quopri rlcompleter sched shelve smtplib sqlite3 stringprep symtable tabnanny
    timeit trace turtle uuid wave webbrowser zipapp
"""
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for name in names.split():
        lazy_loader.load(name)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
