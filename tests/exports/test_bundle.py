"""Certificates as a bundle of DCCs: each example reads back, nobody else's, whole after kills."""

import asyncio
import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.actor import PLATFORM
from hub.cli import app
from hub.exporters.bundle import file_name
from hub.exporters.dcc.turns import written_dcc
from hub.exporters.dcc.whole import Whole
from hub.exporters.dcc.write import write_dcc
from hub.importers.dcc.intake import foreign, import_dcc
from hub.importers.dcc.read import read_dcc
from hub.jobs import bundles
from hub.settings import settings
from hub.signer import Signer
from hub.tables.certificate import Certificate
from hub.vocabulary import CertificateState, Role
from loaders.certificate import Wholes
from schema import bundle
from tests.doors import HubClient, id_of
from tests.exports.test_survival import a_worker, until_beyond, until_done
from tests.exports.verbs import (
    Requester,
    a_requester,
    ask,
    asked,
    changed,
    exported,
    file,
    now,
    stored,
    work,
)
from tests.given import a_certificate, a_laboratory, a_user, an_instrument
from tests.importers.dcc_files import MANIPULATED, SIGNED, VALID
from tests.patience import patiently
from tests.test_dcc_export import PERSONS
from tests.test_dcc_intake import own_number

EXAMPLES = [name for name in VALID if name not in (SIGNED, MANIPULATED)]


@pytest.fixture(autouse=True)
async def _nothing_waits(hub: HubClient) -> None:
    await changed(hub, "DELETE FROM export")


def read(content: bytes) -> tuple[dict[str, bytes], list[list[str]]]:
    """The files of a bundle, and the lines of its manifest."""
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert opened.testzip() is None
        files = {name: opened.read(name) for name in opened.namelist()}
    text = files.pop("manifest.csv").decode("utf-8-sig")
    return files, list(csv.reader(io.StringIO(text, newline="")))


async def papers(hub: HubClient, firm: Requester, number: int) -> list[Certificate]:
    """So many certificates of a firm."""
    lab, line = a_laboratory(), an_instrument(firm.owner)
    made = [a_certificate(lab.organization, line, persons=PERSONS) for _ in range(number)]
    await hub.all_given(lab, line, *made)
    return made


async def bundled(hub: HubClient, firm: Requester) -> tuple[dict[str, bytes], list[list[str]]]:
    done = await exported(hub, firm.user, "CERTIFICATE", "DCC")
    return read((await file(hub, done)).content)


async def test_every_example_is_read_out_of_the_bundle_as_it_was_taken_in(
    hub: HubClient, firm: Requester
) -> None:
    taken = {}
    for name in EXAMPLES:
        data = own_number(name, f"bundle/{name}")
        found = await import_dcc(
            hub.hub.database, PLATFORM, data, "a.xml", hub.hub.keys, client_id=firm.owner.id
        )
        taken[found.certificate.id] = data

    files, (heading, *lines) = await bundled(hub, firm)

    assert heading == ["id", "number", "file", "reason"]
    assert len(files) == len(lines) == len(EXAMPLES)
    async with hub.hub.database.reader(PLATFORM) as reader:
        wholes = await Wholes(reader).load_many(list(taken))
    for (key, data), whole in zip(taken.items(), wholes, strict=True):
        assert whole is not None
        content = files[file_name(whole.number, key.hex)]
        assert content == write_dcc(whole)
        before, after = foreign(read_dcc(data), "a", 1), foreign(read_dcc(content), "a", 1)
        assert after.results == before.results
        assert after.number == before.number
    assert {line[2] for line in lines} == files.keys()


async def test_a_bundle_holds_nobody_elses_certificates(hub: HubClient, firm: Requester) -> None:
    rival = await a_requester(hub)
    own, theirs = await papers(hub, firm, 2), await papers(hub, rival, 2)

    files, (_, *lines) = await bundled(hub, firm)

    assert [line[1] for line in lines] == [one.number for one in own]
    assert len(files) == 2
    assert not any(one.number in str(line) for one in theirs for line in lines)


async def test_the_manifest_says_why_there_is_no_file(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab, line = a_laboratory(), an_instrument(firm.owner)
    good = a_certificate(lab.organization, line, persons=PERSONS, number="=A/1")
    revoked = a_certificate(lab.organization, line, state=CertificateState.REVOKED)
    draft = a_certificate(lab.organization, line, state=CertificateState.DRAFT)
    nameless = a_certificate(lab.organization, line)
    await hub.all_given(lab, line, good, revoked, draft, nameless)
    labs = Requester(lab.organization, lab.user)

    files, (_, *lines) = await bundled(hub, labs)

    told = {line[0]: line[1:] for line in lines}
    assert told[id_of(good)][:2] == ["'=A/1", *files]
    assert told[id_of(revoked)] == [revoked.number, "", "已撤销"]
    assert told[id_of(draft)][1:] == ["", CertificateState.DRAFT.label]
    assert told[id_of(nameless)][1] == ""
    assert "（" in told[id_of(nameless)][2]


async def test_a_certificate_that_we_cannot_write_by_a_mistake_keeps_no_other_out(
    hub: HubClient,
    firm: Requester,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    good, bad = await papers(hub, firm, 2)

    async def mistaken(whole: Whole, signer: Signer | None) -> bytes:
        if whole.number == bad.number:
            raise KeyError("poison")
        return await written_dcc(whole, signer)

    monkeypatch.setattr(bundle, "written_dcc", mistaken)

    files, (_, *lines) = await bundled(hub, firm)

    told = {line[0]: line[2:] for line in lines}
    assert told[id_of(bad)] == ["", "内部错误，已记录"]
    assert told[id_of(good)] == [*files, ""]
    said = capfd.readouterr()
    assert "poison" in said.out + said.err


async def test_a_certificate_that_is_too_large_to_be_read_keeps_no_other_out(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await papers(hub, firm, 5)
    monkeypatch.setattr("hub.db.MOST_ROWS", 6)
    # MOST_ROWS bounds each reader: several at once are too many rows, one is not

    files, lines = await bundled(hub, firm)

    assert (len(files), len(lines)) == (5, 6)


async def test_a_bundle_of_nothing_has_a_manifest(hub: HubClient, firm: Requester) -> None:
    files, lines = await bundled(hub, firm)

    assert (files, lines) == ({}, [["id", "number", "file", "reason"]])


async def test_only_certificates_are_bundled(hub: HubClient, firm: Requester) -> None:
    answer = await ask(hub, firm.user, "INSTRUMENT", "DCC")

    (problem,) = answer.data["done"]["problems"]
    assert (problem["code"], problem["path"]) == ("REFUSED", ["format"])


async def test_a_bundle_is_sent_as_it_is_under_its_size(hub: HubClient, firm: Requester) -> None:
    await papers(hub, firm, 3)
    done = await exported(hub, firm.user, "CERTIFICATE", "DCC")

    response = await file(hub, done, **{"accept-encoding": "gzip"})

    assert response.headers["content-type"] == "application/zip"
    assert response.headers["content-disposition"].endswith('.zip"')
    assert "content-encoding" not in response.headers
    assert len(response.content) == int(response.headers["content-length"]) == int(done["size"])
    assert (done["rows"], done["columns"]) == (3, ["id", "number", "file", "reason"])


async def test_a_bundle_whose_worker_is_killed_is_the_same_as_one_that_was_not(
    hub: HubClient, firm: Requester, own_url: str
) -> None:
    await papers(hub, firm, 350)
    export = await asked(hub, firm.user, "CERTIFICATE", "DCC")
    over = "UPDATE export SET leased_until = now() WHERE leased_until IS NOT NULL"

    parts = 0
    for _ in range(2):
        async with a_worker(own_url) as process:
            async with patiently("a worker to store a part"):
                parts = await until_beyond(hub, export, parts)
            process.kill()
            await process.wait()
        await changed(hub, over)
    async with a_worker(own_url), patiently("the bundle to be written"):
        done = await until_done(hub, firm, export)
    whole = await bundled(hub, firm)

    assert parts >= 2
    assert read((await file(hub, done)).content) == whole
    assert len(whole[0]) == 350


async def test_the_end_of_a_bundle_is_stored_once_after_a_kill(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await papers(hub, firm, 3)
    export = await asked(hub, firm.user, "CERTIFICATE", "DCC")
    exporter = hub.hub.exporter()
    store = bundles._store

    async def die(*given: Any) -> None:
        await store(*given)
        raise asyncio.CancelledError

    monkeypatch.setattr(bundles, "_store", die)
    leased = await exporter.lease()
    assert leased is not None
    with pytest.raises(asyncio.CancelledError):
        await exporter.work(leased)
    monkeypatch.undo()
    cut = await stored(hub, export)
    await changed(hub, "UPDATE export SET leased_until = now()")
    await work(hub)

    done = await now(hub, firm.user, export)
    files, _ = read((await file(hub, done)).content)
    assert (cut.state, cut.parts, len(files)) == ("RUNNING", 1, 3)


async def test_certificates_are_read_some_at_a_time(
    hub: HubClient, firm: Requester, monkeypatch: pytest.MonkeyPatch
) -> None:
    await papers(hub, firm, 7)
    asked_for: list[int] = []
    load = Wholes.batch_load_fn

    async def noted(self: Wholes, keys: Sequence[Any]) -> Any:
        asked_for.append(len(keys))
        return await load(self, list(keys))

    monkeypatch.setattr(Wholes, "batch_load_fn", noted)
    monkeypatch.setattr(bundle, "AT_ONCE", 3)

    await bundled(hub, firm)

    assert asked_for == [3, 3, 1]


async def test_the_command_writes_the_bundle_of_its_account(
    hub: HubClient, own_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = await a_requester(hub)
    (paper,) = await papers(hub, firm, 1)
    system = await hub.given(a_user(firm.owner, Role.SYSTEM))
    monkeypatch.setenv("HUB_DATABASE_URL", own_url)
    settings.cache_clear()
    out = tmp_path / "证书.zip"
    given = ["export", "certificate", f"--as={system.login_name}", "--format=dcc", f"--out={out}"]

    try:
        ended = await asyncio.to_thread(CliRunner().invoke, app, [*given, f"--data={tmp_path}"])
    finally:
        settings.cache_clear()

    assert ended.exit_code == 0, ended.output
    files, _ = read(out.read_bytes())
    assert [read_dcc(one).number for one in files.values()] == [paper.number]
