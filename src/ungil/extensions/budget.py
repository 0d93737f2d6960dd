"""What reading one binary may cost, so that a hostile one ends as well."""

__all__ = ["Budget"]


class Budget:
    """What is left for all modules of an image.

    Some 20,000 instructions are the most that a real module was seen to take
    (shapely's), and no image that was seen has more data than this.

    Attributes:
        instructions: That may be followed.
        bytes: That may be searched.
    """

    def __init__(self) -> None:
        self.instructions = 60_000
        self.bytes = 256 << 20
