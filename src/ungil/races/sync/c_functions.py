"""The C functions that order threads, and what each does.

All that threading, queue, concurrent.futures and multiprocessing.pool offer is made of
these: a condition waits for a lock that its notifier releases, and so on. So only they are
listened to, and what a program builds on them itself is understood as well.
"""

from __future__ import annotations

import _queue
import _thread
import builtins
import select
import socket
import time
from typing import NamedTuple

__all__ = ["Hook", "c_functions"]


class Hook(NamedTuple):
    """A function to listen to.

    Attributes:
        function: A built-in function, or a method as its type holds it.
        action: What it does, by the name that the native core has for it.
        what: What to call it.
    """

    function: object
    action: str
    what: str


def c_functions() -> list[Hook]:
    """The functions of this interpreter."""
    lock, handle = type(_thread.allocate_lock()), getattr(_thread, "_ThreadHandle", None)
    hooks: list[tuple[object, str, str, str]] = [
        (kind, method, action, f"{name}.{action}")
        for kind, name in ((lock, "Lock"), (_thread.RLock, "RLock"))
        for action, methods in _LOCK.items()
        for method in methods
    ]
    hooks += [
        (_thread.RLock, "_release_save", "release_save", "Condition.wait"),
        (_thread.RLock, "_acquire_restore", "acquire_restore", "Condition.wait"),
        (_queue.SimpleQueue, "put", "put", "SimpleQueue.put"),
        (_queue.SimpleQueue, "put_nowait", "put", "SimpleQueue.put_nowait"),
        (_queue.SimpleQueue, "get", "get", "SimpleQueue.get"),
        (_queue.SimpleQueue, "get_nowait", "get", "SimpleQueue.get_nowait"),
        (_thread, "start_new_thread", "start", "start_new_thread"),
        (_thread, "start_new", "start", "start_new"),
        (builtins, "vars", "namespace", "vars"),
        (time, "sleep", "blocks", "time.sleep"),
        (select, "select", "blocks", "select.select"),
        *((socket.socket.__base__, one, "blocks", f"socket.{one}") for one in _SOCKET),
    ]
    if handle is None:  # before 3.13 a thread's end is told by a lock
        hooks.append((_thread, "_set_sentinel", "sentinel", "_set_sentinel"))
    else:
        hooks += [
            (_thread, "start_joinable_thread", "start", "Thread.start"),
            (_thread, "_shutdown", "shutdown", "threading._shutdown"),
            (handle, "join", "join", "Thread.join"),
            (handle, "is_done", "is_done", "Thread.is_alive"),
        ]
    return [
        Hook(vars(owner)[name], action, what)
        for owner, name, action, what in hooks
        if name in vars(owner)
    ]


_LOCK = {
    "acquire": ("acquire", "acquire_lock", "__enter__"),
    "release": ("release", "release_lock", "__exit__"),
}
_SOCKET = ("accept", "connect", "recv", "recv_into", "send", "sendall")
