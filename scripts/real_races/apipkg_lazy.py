"""Two threads use the lazy names of one package for the first time."""

# mypy: ignore-errors
import threading

import apipkg

modules = [
    *("cProfile", "calendar", "cmd", "colorsys", "configparser", "difflib", "fileinput"),
    *("filecmp", "fractions", "ftplib", "html.parser", "imaplib", "mailbox", "netrc", "pdb"),
    *("plistlib", "poplib", "pstats", "sched", "shelve", "smtplib", "statistics", "timeit"),
    *("trace", "tracemalloc", "wave", "zipapp"),
]
names = {module.replace(".", "_"): f"{module}:__doc__" for module in modules}
tools = apipkg.initpkg("tools", names)
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for name in names:
        getattr(tools, name)


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
