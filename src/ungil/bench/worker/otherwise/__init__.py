"""The same work once more, but for one thing: what would it be without?

`crew` does it in threads that begin together, `apart` in processes that have nothing in common,
`worlds` gives each thread copies of its own, and `changes` names what may be different.
"""
