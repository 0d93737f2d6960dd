"""Two threads look at the columns of the same subqueries."""

# mypy: ignore-errors
import threading

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, select

metadata = MetaData()
Table("shop", metadata, Column("id", Integer, primary_key=True))
item = Table(
    "item",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("shop", ForeignKey("shop.id")),
    *(Column(f"note{number}", String(20)) for number in range(300)),
)
subqueries = [select(item).subquery() for _ in range(10)]
start = threading.Barrier(2)


def work() -> None:
    """What each thread does."""
    start.wait()
    for subquery in subqueries:
        _ = subquery.c.note0


threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
