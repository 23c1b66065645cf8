"""What many threads wish at one moment is carried out at once, and what fails fails alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from publisher.errors import BooksError, MaybeWrittenError, StoreError
from publisher.pipeline.dispatch.together import MOST, Together


def test_who_comes_while_others_are_carried_out_goes_with_the_next():
    together: Together[int, int] = Together()
    groups, begun, go_on = [], Event(), Event()

    def carry_out(wanted):
        groups.append(len(wanted))
        begun.set()
        assert go_on.wait(10)
        return [each * 10 for each in wanted]

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together.ask, "x", 0, carry_out)
        assert begun.wait(10)
        others = [pool.submit(together.ask, "x", number, carry_out) for number in range(1, 9)]
        while len(together._queues["x"].waiting) < 8:
            pass
        go_on.set()
        assert [each.result(10) for each in (first, *others)] == [number * 10 for number in range(9)]
    assert groups == [1, 8]


def test_more_than_fit_into_one_go_get_theirs_all_the_same():
    together: Together[int, int] = Together()
    barrier, sizes = Barrier(3 * MOST), []

    def carry_out(wanted):
        sizes.append(len(wanted))
        return list(wanted)

    def ask(number):
        barrier.wait(30)
        return together.ask("x", number, carry_out)

    with ThreadPoolExecutor(3 * MOST) as pool:
        assert list(pool.map(ask, range(3 * MOST))) == list(range(3 * MOST))
    assert sum(sizes) == 3 * MOST
    assert max(sizes) <= MOST


def test_what_fails_fails_alone():
    together: Together[int, int] = Together()
    barrier, carried = Barrier(4), []

    def carry_out(wanted):
        if 2 in wanted:
            raise ValueError("two")
        carried.extend(wanted)
        return list(wanted)

    def ask(number):
        barrier.wait(10)
        return together.ask("x", number, carry_out)

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask, number) for number in range(4)]
        with pytest.raises(ValueError, match="two"):
            asked[2].result(10)
        assert [asked[number].result(10) for number in (0, 1, 3)] == [0, 1, 3]
    assert sorted(carried) == [0, 1, 3]


def together_of_four(error: Exception) -> tuple[list[int], list[BaseException | None]]:
    """Let four wish something at once, of which the carrying out fails; return how often, and what each was told."""
    together: Together[int, int] = Together()
    sizes, begun, go_on = [], Event(), Event()

    def carry_out(wanted):
        sizes.append(len(wanted))
        begun.set()
        assert go_on.wait(10)
        if len(wanted) == 1:
            return list(wanted)
        raise error

    with ThreadPoolExecutor(5) as pool:
        pool.submit(together.ask, "x", 0, carry_out)
        assert begun.wait(10)
        asked = [pool.submit(together.ask, "x", number, carry_out) for number in range(1, 5)]
        while len(together._queues["x"].waiting) < 4:
            pass
        go_on.set()
        return sizes, [each.exception(10) for each in asked]


@pytest.mark.parametrize("error", [MaybeWrittenError("cut"), StoreError("the disk is full")])
def test_trouble_of_the_ledger_is_told_to_all_and_nothing_is_carried_out_twice(error):
    """It may have been written: begun again it would look lost, and its readers would be in doubt for nothing."""
    assert together_of_four(error) == ([1, 4], [error] * 4)


def test_books_that_would_not_balance_are_one_sends_and_the_others_go_on():
    assert together_of_four(BooksError("wrong", send_id=1)) == ([1, 4, 1, 1, 1, 1], [None] * 4)


def test_other_names_have_queues_of_their_own():
    together: Together[int, int] = Together()
    stuck, go_on = Event(), Event()

    def slow(wanted):
        stuck.set()
        assert go_on.wait(10)
        return list(wanted)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(together.ask, "x", 1, slow)
        assert stuck.wait(10)
        assert together.ask("y", 2, list) == 2
        go_on.set()
        assert waiting.result(10) == 1
