"""`hub export-dcc`: a certificate by its number, to a file or printed."""

from pathlib import Path

import pytest

from hub.importers.dcc.draft import SignatureState
from hub.importers.dcc.read import read_dcc
from hub.settings import settings
from hub.vocabulary import CertificateState
from tests.doors import HubClient
from tests.exporters.test_dcc_signed import EC, certificate, pem
from tests.given import a_certificate, a_laboratory, a_name, an_instrument
from tests.test_dcc_export import PERSONS
from tests.test_import_dcc_command import Run, run

__all__ = ["run"]


async def test_a_certificate_is_printed_or_written_to_a_file(
    hub: HubClient, run: Run, tmp_path: Path
) -> None:
    lab, file = a_laboratory(), tmp_path / "证书.xml"
    line = an_instrument(lab.organization)
    paper = a_certificate(lab.organization, line, persons=PERSONS)
    await hub.all_given(lab, line, paper)

    printed = await run("export-dcc", paper.number)
    written = await run("export-dcc", paper.number, "--out", file)

    assert (printed.exit_code, written.exit_code) == (0, 0)
    assert read_dcc(printed.stdout.encode()).number == paper.number
    assert file.read_bytes() == printed.stdout.strip().encode()
    assert read_dcc(file.read_bytes()).signature.state is SignatureState.NONE


async def test_of_several_laboratories_with_one_number_one_is_named(
    hub: HubClient, run: Run
) -> None:
    labs, number = [a_laboratory() for _ in range(2)], a_name("SZJL")
    lines = [an_instrument(lab.organization) for lab in labs]
    papers = [
        a_certificate(lab.organization, line, number=number, persons=PERSONS)
        for lab, line in zip(labs, lines, strict=True)
    ]
    await hub.all_given(*labs, *lines, *papers)

    unclear = await run("export-dcc", number)
    clear = await run("export-dcc", number, f"--issuer={labs[1].organization.uscc}")

    assert (unclear.exit_code, clear.exit_code) == (1, 0)
    assert "--issuer" in unclear.output
    name = read_dcc(clear.stdout.encode()).laboratory.name.best
    assert name == labs[1].organization.name


async def test_what_is_not_there_or_is_revoked_is_refused(hub: HubClient, run: Run) -> None:
    lab = a_laboratory()
    line = an_instrument(lab.organization)
    paper = a_certificate(lab.organization, line, state=CertificateState.REVOKED)
    await hub.all_given(lab, line, paper)

    answers = [await run("export-dcc", number) for number in (paper.number, a_name("none"))]

    assert [answer.exit_code for answer in answers] == [1, 1]
    assert "已撤销" in answers[0].output


async def test_with_a_key_the_file_is_signed(
    hub: HubClient, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab = a_laboratory()
    line = an_instrument(lab.organization)
    paper = a_certificate(lab.organization, line, persons=PERSONS)
    await hub.all_given(lab, line, paper)
    for name, content in (("KEY", pem(EC)), ("CERTIFICATE", certificate(EC))):
        (tmp_path / name).write_bytes(content)
        monkeypatch.setenv(f"HUB_DCC_{name}", str(tmp_path / name))
    settings.cache_clear()

    signed = await run("export-dcc", paper.number)

    assert read_dcc(signed.stdout.encode()).signature.state is SignatureState.VALID
