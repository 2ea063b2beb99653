"""Who comes next, and who is sent away."""

import asyncio

import pytest

from cdse_offline.server.line import FullError, Line


async def stand(line: Line, served: list[str], name: str, rank: float) -> None:
    async with line.turn(lambda _: rank):
        served.append(name)
        await asyncio.sleep(0)


def test_the_lowest_rank_comes_first_and_the_earlier_of_equal_ones():
    async def run() -> list[str]:
        line = Line()
        served: list[str] = []
        wanted = {"begun": 9, "late": 3, "first": 1, "second": 1}
        await asyncio.gather(*(stand(line, served, name, rank) for name, rank in wanted.items()))
        return served

    assert asyncio.run(run()) == ["begun", "first", "second", "late"]


def test_the_last_is_sent_away_where_too_many_wait():
    async def run() -> list[str]:
        line = Line(2)
        served: list[str] = []
        wanted = {"begun": 9, "worst": 5, "one": 1, "two": 2}
        results = await asyncio.gather(
            *(stand(line, served, name, rank) for name, rank in wanted.items()), return_exceptions=True
        )
        assert [type(result) for result in results] == [type(None), FullError, type(None), type(None)]
        return served

    assert asyncio.run(run()) == ["begun", "one", "two"]


@pytest.mark.parametrize("moment", ["waiting", "called"])
def test_who_leaves_holds_up_nobody(moment: str):
    async def run() -> list[str]:
        line = Line()
        served: list[str] = []
        async with line.turn(lambda _: 0):
            leaving = asyncio.create_task(stand(line, served, "leaving", 1))
            staying = asyncio.create_task(stand(line, served, "staying", 2))
            await asyncio.sleep(0)
            if moment == "waiting":
                leaving.cancel()
        leaving.cancel()
        await asyncio.wait_for(staying, 5)
        return served

    assert asyncio.run(run()) == ["staying"]


def test_who_is_sent_away_and_leaves_in_the_same_moment_calls_nobody():
    async def run() -> list[str]:
        line, served = Line(1), list[str]()
        async with line.turn(lambda _: 0):
            away = asyncio.create_task(stand(line, served, "away", 2))
            await asyncio.sleep(0)
            better = asyncio.create_task(stand(line, served, "better", 1))
            asyncio.get_running_loop().call_soon(away.cancel)  # after it was sent away, before it could know
            await asyncio.sleep(0.01)
            too_early = [*served]
        await asyncio.gather(better, away, return_exceptions=True)
        return too_early

    assert asyncio.run(run()) == []


def test_ranks_are_compared_at_one_moment():
    """Else the one that is looked at later looks better, where ranks fall with time."""

    async def run() -> set[float]:
        line = Line()
        seen: list[float] = []
        async with line.turn(lambda _: 0):
            waiting = [asyncio.create_task(_note(line, seen)) for _ in range(3)]
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        return set(seen[:3])

    assert len(asyncio.run(run())) == 1


async def _note(line: Line, seen: list[float]) -> None:
    def rank(now: float) -> int:
        seen.append(now)
        return 0

    async with line.turn(rank):
        pass
