"""Is a DCC as it was signed: its XML signature checked against the certificate inside the file.

That answers integrity, not trust: who wants trust looks at the certificate's chain, revocation and
owner (ISO/IEC 17025:2017 7.8.2.1 asks who authorised the report). Within that, the checks are those
of signxml with its defaults: no SHA-1, one signature, directly below the root, which covers all.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature as KeyMismatch
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from signxml.exceptions import (
    InvalidCertificate,
    InvalidDigest,
    InvalidSignature,
    SignXMLException,
)
from signxml.verifier import SignatureConfiguration, XMLVerifier
from signxml.xades.xades import XAdESVerifier

from hub.errors import Words
from hub.importers.dcc.draft import Signature, SignatureCheck, SignatureState
from hub.importers.dcc.validate import ROOT, parser

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
MOST_ELEMENTS = 1_000
MOST_REFERENCES = 4

REASONS = {
    SignatureCheck.CONTENT_DIGEST: Words(
        "签名无效：内容与签名时的摘要不符，文件在签名之后被改动",
        "invalid signature: the content does not match its signed digest, so the file was changed"
        " after it had been signed",
    ),
    SignatureCheck.SIGNATURE_VALUE: Words(
        "签名无效：签名值与文件中证书的公钥不符",
        "invalid signature: the signature value does not match the key of the certificate in the"
        " file",
    ),
    SignatureCheck.CERTIFICATE: Words(
        "签名无效：签名证书无法读取、与签名不符或在签名时不在有效期内",
        "invalid signature: the signing certificate cannot be read, is not the one that was signed"
        " with, or was not valid at the time of signing",
    ),
    SignatureCheck.COVERAGE: Words(
        "签名无效：签名没有覆盖证书全文",
        "invalid signature: it does not cover the whole certificate",
    ),
    SignatureCheck.FORM: Words(
        "签名无法核验：形式或算法不受支持",
        "the signature cannot be checked: its form or algorithm is not supported",
    ),
}

# What a hostile signature can make of signxml, cryptography and lxml besides their own errors.
ODD = (
    SignXMLException, UnsupportedAlgorithm, etree.LxmlError, Base64Error, ValueError, TypeError,
    LookupError, AttributeError, NotImplementedError, AssertionError, ArithmeticError,
    x509.InvalidVersion, x509.DuplicateExtension,
)  # fmt: skip


def check_signature(text: bytes, root: etree._Element) -> Signature:
    """The verdict on the signature of the DCC `text` (UTF-8), whose tree is `root`.

    NONE without a signature. VALID: the digest matches the content, the signature value matches
    the certificate in the file, and all of the file but the signature is covered.
    """
    signatures = root.findall(f"{DS}Signature")
    if not signatures:
        return Signature(SignatureState.NONE)
    if len(signatures) > 1:
        return _invalid(Signature(SignatureState.NONE), SignatureCheck.FORM, "several signatures")
    try:
        certificate = _signing_certificate(signatures[0])
        found = _described(certificate, signatures[0])
    except ODD as error:
        return _invalid(Signature(SignatureState.NONE), SignatureCheck.CERTIFICATE, str(error))
    return _verified(text, root, signatures[0], certificate, found)


def _verified(
    text: bytes,
    root: etree._Element,
    signature: etree._Element,
    certificate: x509.Certificate,
    found: Signature,
) -> Signature:
    try:
        signed = _verify(text, signature, certificate, found.signed_at)
        whole = any(_same(each, root, signature) for each in signed)
    except InvalidDigest as error:
        of_content = str(error).startswith("Digest mismatch for reference")
        failed = SignatureCheck.CONTENT_DIGEST if of_content else SignatureCheck.CERTIFICATE
        return _invalid(found, failed, str(error))
    except InvalidCertificate as error:
        return _invalid(found, SignatureCheck.CERTIFICATE, str(error))
    except (InvalidSignature, KeyMismatch) as error:
        return _invalid(found, SignatureCheck.SIGNATURE_VALUE, str(error))
    except ODD as error:
        return _invalid(found, SignatureCheck.FORM, str(error))
    if not whole:
        return _invalid(found, SignatureCheck.COVERAGE, "no reference to the whole document")
    return replace(found, state=SignatureState.VALID)


def _verify(
    text: bytes,
    signature: etree._Element,
    certificate: x509.Certificate,
    signed_at: datetime | None,
) -> Iterable[Any]:
    """The results of signxml. The bounds come first: it does work per reference and per fault."""
    references = len(signature.findall(f"{DS}SignedInfo/{DS}Reference"))
    if references > MOST_REFERENCES or sum(1 for _ in signature.iter()) > MOST_ELEMENTS:
        raise ValueError("more references or elements than a signature needs")
    advanced = signature.find(f".//{XADES}SignedProperties") is not None
    results = (XAdESVerifier if advanced else XMLVerifier)().verify(
        text,
        x509_cert=certificate,
        parser=parser(),
        expect_config=SignatureConfiguration(
            location="./",
            expect_references=references,
            # A certificate that has run out since does not undo the signature. Without a time of
            # signing nothing can be said about it, and the caller sees `valid_from`, `valid_to`.
            verification_time=signed_at or certificate.not_valid_before_utc,
        ),
    )
    return results if isinstance(results, list) else [results]


def _same(result: Any, root: etree._Element, signature: etree._Element) -> bool:
    """Whether what was signed is `root` without its signature (comments and PIs aside)."""
    if result.signed_xml is None or result.signed_xml.tag != ROOT:
        return False
    bare = parser(remove_comments=True, remove_pis=True)
    signed = etree.fromstring(result.signed_data, bare)
    present = deepcopy(root)
    enveloped = present[root.index(signature)]
    before = enveloped.getprevious()
    if before is not None and enveloped.tail:
        before.tail = (before.tail or "") + enveloped.tail
    present.remove(enveloped)
    return _canonical(signed) == _canonical(present)


def _canonical(root: etree._Element) -> bytes:
    return etree.tostring(root, method="c14n", exclusive=True, with_comments=False)


def _signing_certificate(signature: etree._Element) -> x509.Certificate:
    """The certificate that issued none of the others in the file: the end of the chain."""
    path = f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate"
    texts = [element.text or "" for element in signature.findall(path)][:MOST_REFERENCES]
    chain = [x509.load_der_x509_certificate(b64decode(text)) for text in texts]
    if not chain:
        raise ValueError("no X.509 certificate in the signature")
    issuers = [each.issuer for each in chain if each.issuer != each.subject]
    return next((each for each in chain if each.subject not in issuers), chain[0])


def _described(certificate: x509.Certificate, signature: etree._Element) -> Signature:
    return Signature(
        state=SignatureState.NONE,
        signer=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        signed_at=_signing_time(signature),
    )


def _signing_time(signature: etree._Element) -> datetime | None:
    text = signature.findtext(f".//{XADES}SigningTime") or ""
    try:
        told = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _invalid(found: Signature, failed: SignatureCheck, detail: str) -> Signature:
    return replace(
        found,
        state=SignatureState.INVALID,
        failed=failed,
        reason=REASONS[failed],
        detail=detail[:300],
    )
