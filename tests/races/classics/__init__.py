"""The classics of concurrency testing, as small Python programs of our own.

Each module has a function `racy`, which some schedule makes fail (by an assertion, another
exception or a deadlock), and its corrected twin `fixed`, which none does. Its docstring says
what goes wrong and after which program it is. No code is taken from them. They are of

- SCTBench: P. Thomson, A. Donaldson, A. Betts, "Concurrency Testing Using Controlled
  Schedulers: An Empirical Study", ACM TOPC 2(4), 2016; https://github.com/mc-imperial/sctbench
- JaConTeBe: Z. Lin, D. Marinov, H. Zhong, Y. Chen, J. Zhao, "JaConTeBe: A Benchmark Suite of
  Real-World Java Concurrency Bugs", ASE 2015
- the IBM benchmark: Y. Eytani, K. Havelund, S. Stoller, S. Ur, "Towards a Framework and a
  Benchmark for Testing Tools for Multi-Threaded Programs", CCPE 19(3), 2007
- the studies and textbooks that a module names.

`in_threads` is how they start threads.
"""
