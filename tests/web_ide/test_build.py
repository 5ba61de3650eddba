"""The committed IDE is what its sources build, and its lock names no registry."""

import re
from pathlib import Path

from tests.web_ide.conftest import ROOT

BUILD = Path("hub/web/static/graphiql")


def contents(root: Path) -> dict[str, bytes]:
    """Every file under `root` by its relative name."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def test_a_fresh_build_is_byte_for_byte_the_committed_one(rebuilt: Path) -> None:
    fresh, committed = contents(rebuilt / BUILD), contents(ROOT / BUILD)

    assert sorted(fresh) == sorted(committed), "run `make web` and commit hub/web/static/graphiql"
    assert [name for name, bytes_ in fresh.items() if committed[name] != bytes_] == []


def test_every_example_is_in_the_committed_build() -> None:
    scripts = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / BUILD / "assets").glob("index-*.js")
    )
    titles = {
        path.name: re.findall(
            r"^# *标题 *[：:] *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        for path in (ROOT / "examples").glob("*.graphql")
    }

    assert titles
    assert [name for name, (title, *_) in titles.items() if title not in scripts] == [], (
        "run `make web` and commit hub/web/static/graphiql"
    )


def test_the_build_stays_under_twelve_megabytes() -> None:
    assert sum(map(len, contents(ROOT / BUILD).values())) < 12_000_000


def test_the_lock_pins_every_package_by_its_hash_and_names_no_registry() -> None:
    lock = (ROOT / "web" / "package-lock.json").read_text(encoding="utf-8")

    assert lock.count('"integrity": "sha512-') > 100
    assert '"resolved"' not in lock
    assert not re.search(r"https?://registry\.", lock)
