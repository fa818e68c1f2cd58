"""Objects that stay, kept from the garbage collector, which a net that is built calls."""

import gc


def put_aside() -> None:
    """Have the garbage collector pass over what is there: it takes a second for a million objects, each time."""
    gc.collect()
    gc.freeze()
