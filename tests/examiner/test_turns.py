"""Turns beside others and alone, taken by threads that come in any order."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from grader.examiner.turns import Turns


def test_who_is_alone_has_nobody_beside() -> None:
    turns, guard = Turns(), threading.Lock()
    now = {"beside": 0, "alone": 0}
    most = {"beside": 0, "alone": 0}
    meet = threading.Barrier(4)

    def take(kind: str) -> None:
        with turns.beside() if kind == "beside" else turns.alone():
            with guard:
                now[kind] += 1
                most[kind] = max(most[kind], now[kind])
                assert not (now["alone"] and now["beside"])
            threading.Event().wait(0.001)
            with guard:
                now[kind] -= 1

    def meet_beside() -> None:
        with turns.beside():
            meet.wait(10)

    kinds = ["beside"] * 60 + ["alone"] * 20
    random.Random(0).shuffle(kinds)
    with ThreadPoolExecutor(12) as pool:
        for future in [pool.submit(take, kind) for kind in kinds]:
            future.result(20)
        for future in [pool.submit(meet_beside) for _ in range(4)]:
            future.result(20)
    assert most["alone"] == 1


def test_a_turn_ends_with_an_error_too() -> None:
    turns = Turns()
    for turn in (turns.alone, turns.beside, turns.alone):
        try:
            with turn():
                raise ValueError
        except ValueError:
            pass
