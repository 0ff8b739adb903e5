"""A time limit for other people's code, also where there are no signals."""

import signal
import sys
import threading
import time
from contextlib import contextmanager


class TimeLimitExceeded(BaseException):
    """Time is up; no `Exception`, so that a learner's `except Exception` lets it by."""


@contextmanager
def time_limit(seconds):
    """Raise `TimeLimitExceeded` in the block if it takes too long.

    An alarm signal does it where there is one. Elsewhere (on Windows, in the browser,
    outside the main thread) Python asks for the time at each line, which slows loops
    down. Neither can interrupt a single long call into compiled code.

    Parameters
    ----------
    seconds : float
        The limit.

    Raises
    ------
    TimeLimitExceeded
        When the time is up.

    Examples
    --------
    >>> with time_limit(10):
    ...     print("quick enough")
    quick enough
    """
    in_main_thread = threading.current_thread() is threading.main_thread()
    has_alarm = hasattr(signal, "setitimer") and in_main_thread
    with (_alarm if has_alarm else _watch)(seconds):
        yield


@contextmanager
def _alarm(seconds):
    def stop(number, frame):
        raise TimeLimitExceeded

    began = time.monotonic()
    handler = signal.signal(signal.SIGALRM, stop)
    # It rings again each tenth of a second: a bare `except:` may swallow the first.
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler or signal.SIG_DFL)
        if left:
            # Somebody else, such as a test runner, had set the clock.
            left = max(left - (time.monotonic() - began), 1e-3)
            signal.setitimer(signal.ITIMER_REAL, left, interval)


@contextmanager
def _watch(seconds):
    deadline = time.monotonic() + seconds

    def look_at_the_clock(frame, event, argument):
        if time.monotonic() > deadline:
            raise TimeLimitExceeded
        return look_at_the_clock

    before = sys.gettrace()
    sys.settrace(look_at_the_clock)
    try:
        yield
    finally:
        sys.settrace(before)
