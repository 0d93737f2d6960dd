"""The reference workloads, each a small file that every arm runs unchanged.

A file has `PARAMETERS`; `items(**parameters)`, `task(item)` and `check(results, **parameters)`;
`QUICK`, the parameters that are smaller for `--quick`; `coroutine(item)` where asyncio can do
the same; and `PIECE`, how many items are sent at once, where that matters. Its first line says
what it measures. It runs inside the measured interpreter and imports the standard library only;
what a workload needs besides, its functions import, since `ungil bench` itself reads the
parameters. Files go to the temporary folder, which each sample has for itself.

What is checked is computed in another way than the results are, and in much less time.
"""
