"""The engine against graphql-core: random operations over random data, answered by both.

`python -m bench differential --cases 10000 --seed 1` makes the same cases again for the same seed.
An answer that costs more than its price counts as one that differs.
"""

import argparse
import asyncio
import secrets
import tempfile
import time
from collections import Counter
from pathlib import Path

from hub.embedded.supervisor import Embedded
from hub.migration import migrate
from hub.settings import Settings
from tests.engine.differential import FAILED, NOT, PARTLY, REFUSED, WHOLE, differences, twins
from tests.engine.world import CALLERS
from tests.fresh import empty_copy

CASES = 10_000
OF_A_WORLD = 2_500
"""Cases that are asked of the same data."""
SHARES = (WHOLE, PARTLY, NOT, REFUSED, FAILED)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command line may say."""
    parser.add_argument("--cases", type=int, default=CASES, help=f"how many ({CASES:,})")
    parser.add_argument("--seed", type=int, help="to make the same cases again")
    parser.add_argument("--postgres", type=int, choices=(16, 18), default=18, help="its version")


def compare(cases: int, seed: int | None, postgres: int) -> int:
    """Compare so many cases and print their shares and what differs; answers how many do."""
    seed = secrets.randbits(32) if seed is None else seed
    print(f"seed {seed}, PostgreSQL {postgres}")
    counts: Counter[str] = Counter()
    differing = 0
    with tempfile.TemporaryDirectory(prefix="hub-differential-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with Embedded.open(folder / "data", fsync=False, version=postgres) as servers:
            migrate(servers.database_url)
            for at, start in enumerate(range(0, cases, OF_A_WORLD)):
                url = empty_copy(servers.database_url, folder, f"world_{at}")
                number = min(OF_A_WORLD, cases - start)
                differing += asyncio.run(
                    _of_world(url, servers.redis_url, folder, seed + at, number, counts)
                )
    print(f"{counts['all']:,} cases: {_told(counts)}; {differing} differ")
    return differing


async def _of_world(
    url: str, redis_url: str, folder: Path, seed: int, number: int, counts: Counter[str]
) -> int:
    """Compare `number` cases over the world of `seed`, shared out among its callers."""
    differing = 0
    async with twins(url, redis_url, Settings(data=folder / "hub"), seed) as both:
        for at, name in enumerate(CALLERS):
            before, start = both.counts.copy(), time.monotonic()
            share = number * (at + 1) // len(CALLERS) - number * at // len(CALLERS)
            async for one in differences(both, name, seed, share):
                differing += 1
                print(f"\n{one}\n")
            seconds = time.monotonic() - start
            mine = both.counts - before
            print(f"world {seed}  {name:13}  {mine['all']:5}  {_told(mine)}  {seconds:.0f} s")
        counts.update(both.counts)
    return differing


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{share} {counts[share] / max(1, counts['all']):.1%}" for share in SHARES)
