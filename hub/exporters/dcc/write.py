"""A certificate of the hub out as a Digital Calibration Certificate (PTB DCC 3.3.0)."""

from lxml import etree

from hub.errors import BadInput
from hub.exporters.dcc.administration import administrative_data
from hub.exporters.dcc.measurements import measurement_results
from hub.exporters.dcc.sign import signed
from hub.exporters.dcc.whole import Whole
from hub.exporters.dcc.xml import dcc, inexpressible, insist_on_characters, tree
from hub.importers.dcc.validate import valid_tree
from hub.signer import Signer

VERSION = "3.3.0"


def write_dcc(whole: Whole, signer: Signer | None = None) -> bytes:
    """The DCC of a certificate in UTF-8, valid by its XML schema; signed by `signer` if it is ours.

    Refused, with the path in the certificate, for what a DCC cannot say: a unit that D-SI does not
    have, a text that no XML holds, a date or name that every DCC has.
    """
    root = _root(whole)
    etree.indent(root)
    if signer is not None and whole.is_ours:
        root = signed(root, signer)
    data = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    try:
        valid_tree(data)
    except BadInput as error:
        raise inexpressible(error.words.zh, error.words.en, "dcc") from error
    return data


def _root(whole: Whole) -> etree._Element:
    try:
        return tree(
            dcc(
                "digitalCalibrationCertificate",
                administrative_data(whole),
                measurement_results(whole),
                schemaVersion=VERSION,
            )
        )
    except ValueError:  # of lxml, for a text with a character that no XML holds
        insist_on_characters(whole)
        raise
