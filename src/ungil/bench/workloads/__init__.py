"""The reference workloads, each a small file that every arm runs unchanged.

A file has `PARAMETERS`; `items(**parameters)`, `task(item)` and `check(results, **parameters)`;
`QUICK`, the parameters that are smaller for `--quick`; and `coroutine(item)` where asyncio can
do the same. Its first line says what it measures. It runs inside the measured interpreter and
imports the standard library only, unless the workload is about something else.
"""
