"""The circuit breaker, with a clock that a test sets."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.breaker import (
    FAILURES,
    JITTER,
    PAUSE_MOST_SECONDS,
    PAUSE_SECONDS,
    PROBE_SECONDS,
    Breaker,
    Open,
    Trial,
)


class Bench:
    """A breaker, its clock, and what it said of itself."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.changes: list[bool] = []
        self.breaker = Breaker(self.changes.append, lambda: self.now)

    def admit(self) -> Trial:
        """Be let through."""
        trial = self.breaker.admit()
        assert isinstance(trial, Trial)
        return trial

    def refused(self) -> float:
        """Be refused; for how long."""
        refusal = self.breaker.admit()
        assert isinstance(refusal, Open)
        assert self.breaker.refusal() == refusal
        return refusal.retry_after

    def fail(self, times: int = 1) -> None:
        """Ask, and hear nothing."""
        for _ in range(times):
            with self.admit() as trial:
                trial.failed()

    def succeed(self) -> None:
        """Ask, and be answered."""
        with self.admit() as trial:
            trial.succeeded()


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def opened(bench: Bench) -> Bench:
    bench.fail(FAILURES)
    return bench


@pytest.fixture
def due(opened: Bench) -> Bench:
    opened.now += PAUSE_SECONDS * JITTER
    return opened


def test_it_opens_after_so_many_failures_in_a_row(bench: Bench) -> None:
    bench.fail(FAILURES - 1)
    bench.succeed()
    bench.fail(FAILURES - 1)
    assert bench.changes == []
    bench.fail()
    assert bench.changes == [True]
    assert bench.refused() > PAUSE_SECONDS


def test_nothing_said_counts_neither_way(bench: Bench) -> None:
    bench.fail(FAILURES - 1)
    with bench.admit():
        pass
    bench.fail()
    assert bench.changes == [True]


def test_the_first_thing_said_of_a_question_holds(bench: Bench) -> None:
    bench.fail(FAILURES - 1)
    with bench.admit() as trial:
        trial.succeeded()
        trial.failed()
    bench.fail(FAILURES - 1)
    assert bench.changes == []


def test_one_probe_is_let_through_after_the_pause(due: Bench) -> None:
    with due.admit() as probe:
        assert due.refused() > 0
        probe.succeeded()
        assert due.changes == [True, False]
    due.admit()
    due.admit()


def test_the_pause_doubles_up_to_its_limit(opened: Bench) -> None:
    pauses = []
    for _ in range(6):
        pauses.append(opened.refused())
        opened.now += pauses[-1]
        opened.fail()
    expected = [PAUSE_SECONDS * 2**n for n in range(6)]
    for pause, least in zip(pauses, expected, strict=True):
        least = min(least, PAUSE_MOST_SECONDS)
        assert least <= pause <= least * JITTER + 1
    assert opened.changes == [True]


def test_it_begins_with_the_short_pause_again_after_it_was_closed(due: Bench) -> None:
    due.fail()
    due.now += 3 * PAUSE_SECONDS
    due.succeed()
    due.fail(FAILURES)
    assert due.changes == [True, False, True]
    assert due.refused() < 2 * PAUSE_SECONDS


def test_a_probe_that_taught_nothing_makes_way_for_the_next(due: Bench) -> None:
    with due.admit():
        due.refused()
    with due.admit() as probe:
        due.refused()
        probe.succeeded()
    assert due.changes == [True, False]


def test_a_probe_without_an_end_is_not_waited_for(due: Bench) -> None:
    lost = due.admit()
    due.now += PROBE_SECONDS
    probe = due.admit()
    lost.failed()
    due.breaker.left(lost)
    due.refused()
    probe.succeeded()
    assert due.changes == [True, False]


def test_failures_of_before_do_not_prolong_the_pause(bench: Bench) -> None:
    late = [bench.admit() for _ in range(3)]
    bench.fail(FAILURES)
    before = bench.refused()
    for trial in late:
        trial.failed()
    assert bench.refused() == before


def test_failures_of_before_do_not_count_after_the_bot_has_recovered(bench: Bench) -> None:
    late = [bench.admit() for _ in range(FAILURES)]
    bench.fail(FAILURES)
    bench.now += PAUSE_SECONDS * JITTER
    bench.succeed()
    for trial in late:
        trial.failed()
    assert bench.changes == [True, False]


def test_an_answer_to_an_older_question_closes_it(bench: Bench) -> None:
    late = bench.admit()
    bench.fail(FAILURES)
    late.succeeded()
    assert bench.changes == [True, False]
    bench.admit()


@pytest.mark.parametrize("first_words_after", [0.1, 1.0, 4.0, 9.0])
@pytest.mark.parametrize("spread", [1.0, 1.3])
def test_who_is_refused_meets_a_recovered_bot_within_the_attempts(
    opened: Bench, first_words_after: float, spread: float
) -> None:
    # As a turn is attempted again: later each time, three times in all.
    person_at = opened.now + opened.refused() * spread
    opened.now += PAUSE_SECONDS * JITTER
    probe, answered_at = opened.admit(), opened.now + first_words_after
    for attempt in (2, 3):
        if answered_at <= person_at:
            opened.now = answered_at
            probe.succeeded()
        opened.now = max(opened.now, person_at)
        admitted = opened.breaker.admit()
        if isinstance(admitted, Trial):
            return
        person_at = opened.now + admitted.retry_after * 2 ** (attempt - 1) * spread
    pytest.fail("refused until the attempts were used up")


Step = Callable[[Bench, list[Trial]], None]


def _ask(bench: Bench, running: list[Trial]) -> None:
    admitted = bench.breaker.admit()
    if isinstance(admitted, Trial):
        running.append(admitted)


def _end(verdict: str) -> Step:
    def step(bench: Bench, running: list[Trial]) -> None:
        if running:
            with running.pop(0) as trial:
                if verdict:
                    getattr(trial, verdict)()

    return step


def _later(bench: Bench, running: list[Trial]) -> None:
    bench.now += 3


steps = st.sampled_from([_ask, _later, _end("failed"), _end("failed"), _end("succeeded"), _end("")])


@given(st.lists(steps, max_size=80))
def test_whatever_happened_a_question_is_let_through_soon(history: list[Step]) -> None:
    bench, running = Bench(), list[Trial]()
    for step in history:
        step(bench, running)
    assert all(before is not after for before, after in pairwise(bench.changes))
    bench.now += max(PAUSE_MOST_SECONDS * JITTER, PROBE_SECONDS)
    bench.succeed()
    assert not bench.changes or bench.changes[-1] is False
