"""The signature of a DCC: it holds, or the draft says which check failed and blocks."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from hub.errors import HubError
from hub.importers.dcc.draft import ProblemCode, Signature, SignatureCheck, SignatureState
from hub.importers.dcc.read import read_dcc
from tests.importers.dcc_files import (
    MANIPULATED,
    NAMES,
    NEWEST,
    SIGNED,
    TYPICAL,
    edited,
    example,
)

SIGNED_AT = datetime(2023, 3, 27, 15, 14, 30, tzinfo=UTC)


def signature_of(data: bytes) -> Signature:
    """The verdict on the signature; a draft comes back whatever it is, and blocks if invalid."""
    draft = read_dcc(data)
    codes = [problem.code for problem in draft.blocking]
    invalid = draft.signature.state is SignatureState.INVALID
    assert codes == ([ProblemCode.SIGNATURE_INVALID] if invalid else [])
    return draft.signature


def failed(data: bytes) -> SignatureCheck | None:
    signature = signature_of(data)
    assert (signature.reason is None) == (signature.failed is None)
    return signature.failed


class Signer:
    """A laboratory with a key and a certificate of its own making."""

    def __init__(self, *, years_ago: int = 1, valid_years: int = 10) -> None:
        self.key: EllipticCurvePrivateKey = new_key(SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "苏州计量测试院")])
        begin = datetime.now(UTC) - timedelta(days=365 * years_ago)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=365 * valid_years))
            .sign(self.key, SHA256())
        )

    def sign(self, data: bytes, signer: XMLSigner | None = None, uri: str | None = None) -> bytes:
        strong = XMLSigner(signature_algorithm=SignatureMethod.ECDSA_SHA256)
        root = (signer or strong).sign(
            etree.fromstring(data),
            key=self.key,
            cert=[self.certificate],
            reference_uri=[uri] if uri else None,
        )
        return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def test_a_file_without_signature_has_none() -> None:
    assert signature_of(example(TYPICAL)) == Signature(SignatureState.NONE)


def test_the_signed_example_is_as_its_laboratory_signed_it() -> None:
    signature = signature_of(example(SIGNED))

    assert signature.state is SignatureState.VALID
    assert signature.signer == "CN=Calibration Lab A1,O=Calibration A GmbH,C=DE"
    assert signature.issuer is not None
    assert signature.issuer.startswith("CN=Calibration Community Sub CA 01")
    assert signature.signed_at == SIGNED_AT
    assert signature.valid_to == datetime(2024, 12, 2, 12, 40, tzinfo=UTC)


def test_the_manipulated_example_comes_back_flagged_with_the_check_that_failed() -> None:
    draft = read_dcc(example(MANIPULATED))

    (problem,) = draft.blocking

    assert draft.laboratory.name.best == "MANIPLUATION Kalibrierfirma GmbH"
    assert len(draft.results[0].points) == 5
    assert draft.signature.state is SignatureState.INVALID
    assert draft.signature.failed is SignatureCheck.CONTENT_DIGEST
    assert "内容与签名时的摘要不符" in problem.words.zh
    assert "does not match its signed digest" in problem.words.en


def test_other_line_ends_do_not_break_a_signature() -> None:
    data = example(SIGNED).replace(b"\r\n", b"\n")

    assert signature_of(data.replace(b"\n", b"\r\n")).state is SignatureState.VALID


def test_a_comment_is_not_signed_and_changes_nothing() -> None:
    data = edited(SIGNED, ("<dcc:items>", "<!-- remark --><dcc:items>"))

    assert signature_of(data).state is SignatureState.VALID


@pytest.mark.parametrize(
    ("old", "new", "check"),
    [
        ("306.32 373.21", "306.32 373.22", SignatureCheck.CONTENT_DIGEST),
        ("OuLX9cHYrAJi", "OuLX9cHYrAJj", SignatureCheck.SIGNATURE_VALUE),
        ("dDIRn2Uf/RHT", "dDIRn2Uf/RHU", SignatureCheck.SIGNATURE_VALUE),
        ("2023-03-27T15:14:30Z", "2023-03-28T15:14:30Z", SignatureCheck.CONTENT_DIGEST),
        ("2023-03-27T15:14:30Z", "2025-03-27T15:14:30Z", SignatureCheck.CERTIFICATE),
        ("MIIB9DCCAZqg", "MIIB9DCCAZqh", SignatureCheck.CERTIFICATE),
        ("xmldsig-more#ecdsa-sha256", "xmldsig-more#none", SignatureCheck.FORM),
    ],
)
def test_the_check_that_failed_is_told(old: str, new: str, check: SignatureCheck) -> None:
    assert failed(edited(SIGNED, (old, new))) is check


def test_the_certificate_of_another_key_does_not_verify() -> None:
    other = b64encode(Signer().certificate.public_bytes(Encoding.DER)).decode()
    text = example(SIGNED).decode()
    own = text[text.index("X509Certificate>") + 16 : text.index("</ds:X509Certificate>")]

    now = f"{datetime.now(UTC):%Y-%m-%dT%H}"

    check = failed(edited(SIGNED, (own, other), ("2023-03-27T15", now)))

    assert check is SignatureCheck.SIGNATURE_VALUE


def test_a_plain_signature_without_a_time_is_checked_too() -> None:
    signature = signature_of(Signer().sign(example(NEWEST)))

    assert signature.state is SignatureState.VALID
    assert signature.signer == "CN=苏州计量测试院"
    assert signature.signed_at is None


def test_a_certificate_that_has_run_out_since_does_not_undo_the_signature() -> None:
    signature = signature_of(Signer(years_ago=5, valid_years=1).sign(example(NEWEST)))

    assert signature.state is SignatureState.VALID
    assert signature.valid_to is not None
    assert signature.valid_to < datetime.now(UTC)


def test_a_signature_over_a_part_is_no_signature_of_the_certificate() -> None:
    data = edited(NEWEST, ("<dcc:list refType", '<dcc:list id="part" refType'))

    assert failed(Signer().sign(data, uri="#part")) is SignatureCheck.COVERAGE


def test_a_signed_copy_inside_of_another_certificate_does_not_count() -> None:
    forged = etree.fromstring(edited(SIGNED, ("306.32 373.21", "306.32 373.22")))
    signature = forged.find("ds:Signature", NAMES)
    assert signature is not None
    comment = etree.SubElement(forged, "{https://ptb.de/dcc}comment")
    comment.append(etree.fromstring(example(SIGNED)))
    forged.append(signature)

    assert failed(etree.tostring(forged)) is SignatureCheck.CONTENT_DIGEST


def test_sha_1_and_several_signatures_are_not_accepted() -> None:
    class Weak(XMLSigner):
        def check_deprecated_methods(self) -> None:
            """Let this signer do what the library warns of."""

    weak = Weak(
        signature_algorithm=SignatureMethod.ECDSA_SHA1, digest_algorithm=DigestAlgorithm.SHA1
    )
    text = example(SIGNED).decode()
    whole = text[text.index("<ds:Signature ") : text.index("</dcc:digital")]
    second = whole.replace("id-9e37742ba6f554a6f09719b1894049da", "id-2").replace(
        'Id="r-', 'Id="s-'
    )

    assert failed(Signer().sign(example(NEWEST), weak)) is SignatureCheck.FORM
    assert failed(edited(SIGNED, (whole, whole + second))) is SignatureCheck.FORM


def test_a_signature_that_would_keep_the_verifier_busy_is_not_checked() -> None:
    text = example(SIGNED).decode()
    reference = text[text.index("<ds:Reference Type") : text.index("</ds:SignedInfo>")]

    assert failed(edited(SIGNED, (reference, reference * 500))) is SignatureCheck.FORM


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.integers(0, 127))
def test_a_damaged_signature_is_never_valid_for_other_content(where: float, value: int) -> None:
    data = bytearray(example(SIGNED).replace(b"306.32 373.21", b"306.32 373.22"))
    start, end = data.index(b"<ds:SignedInfo>"), data.index(b"</ds:Signature>")
    data[start + int(where * (end - start - 1))] = value

    try:
        signature = read_dcc(bytes(data)).signature
    except HubError:
        return

    assert signature.state is SignatureState.INVALID
