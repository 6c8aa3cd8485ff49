"""Something is done to many machines at a time, and Ctrl-C ends the waiting at once.

A ThreadPoolExecutor would wait for its threads, and a cloud's operation may take ten minutes. These threads are
daemons: whoever is interrupted leaves them behind, and the process may end.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def each(function: Callable[[T], R], items: Iterable[T], threads: int) -> list[R]:
    """`function` of every item, in the order of the items, in up to `threads` threads; raises what one raised."""
    work = list(items)
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    finished: queue.SimpleQueue[tuple[int, R | None, BaseException | None]] = queue.SimpleQueue()
    for place in range(len(work)):
        waiting.put(place)

    def serve() -> None:
        while True:
            try:
                place = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                finished.put((place, function(work[place]), None))
            except BaseException as error:  # noqa: BLE001  # raised again where it was asked for
                finished.put((place, None, error))

    for _ in range(min(threads, len(work))):
        threading.Thread(target=serve, daemon=True).start()
    done: dict[int, R] = {}
    for _ in work:
        place, result, error = finished.get()
        if error is not None:
            raise error
        done[place] = result  # type: ignore[assignment]  # without an error it is what the function returned
    return [done[place] for place in range(len(work))]
