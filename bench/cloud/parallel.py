"""Something is done to many machines at a time, or beside something else; Ctrl-C ends the waiting at once.

A ThreadPoolExecutor would wait for its threads, and a cloud's operation may take ten minutes. These threads are
daemons: whoever is interrupted leaves them behind, and the process may end.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Later(Generic[R]):
    """What `function` gives, which runs in a thread of its own from now on."""

    def __init__(self, function: Callable[[], R]) -> None:
        self._function = function
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def there(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def result(self) -> R:
        """What it gave, or raises what it raised; waits for that."""
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._given

    def _serve(self) -> None:
        self._error: BaseException | None = None
        try:
            self._given = self._function()
        except BaseException as error:  # noqa: BLE001  # raised again where it was asked for
            self._error = error


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


@contextmanager
def beside(function: Callable[[threading.Event], None]) -> Iterator[None]:
    """While the `with` lasts, `function` runs in a thread of its own; the event tells it that it shall end.

    It is waited for, and what it raised is raised, unless the `with` ended with an exception of its own. Whoever leaves
    with Ctrl-C waits for nobody.
    """
    ending = threading.Event()
    failed: list[BaseException] = []

    def serve() -> None:
        try:
            function(ending)
        except BaseException as error:  # noqa: BLE001  # raised again where it was asked for
            failed.append(error)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    waits = True
    try:
        yield
    except KeyboardInterrupt:
        waits = False
        raise
    finally:
        ending.set()
        if waits:
            thread.join()
    if failed:
        raise failed[0]
