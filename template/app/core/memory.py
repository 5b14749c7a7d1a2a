"""What lives as long as the process is not looked through for garbage again and again."""

import gc
from functools import cache


@cache
def freeze_what_stays() -> None:
    """Leaves what was imported and opened so far to itself, once for the process.

    The garbage collector goes over all that is alive, most of which is code: without it, requests
    take a tenth less of the processor.
    """
    gc.collect()
    gc.freeze()
