"""The end of the process, for those that have to know of it before it comes."""

from asyncio import Event


class Shutdown:
    """`python -m app serve` sets both; another server sets neither."""

    def __init__(self) -> None:
        # Requests are still served, but load balancers should send no more.
        self.is_draining = False
        # What would never end by itself, as a stream of events, has to end now.
        self.closing = Event()
