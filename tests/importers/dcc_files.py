"""The example certificates, and edits of them."""

from pathlib import Path

from hub.importers.dcc.values import Reading

EXAMPLES = Path(__file__).parents[2] / "examples" / "data"
DCC_FILES = EXAMPLES / "dcc"
SIGNED = "dcc_gp_temperature_typical_v12_v3.2.0_signed.xml"
MANIPULATED = "dcc_gp_temperature_typical_v12_v3.2.0_signed_manipulated.xml"
HUMIDITY = "dcc_gp_humidity_v1.0.xml"
RESISTANCE = "dcc_gp_temperatur_resistance_v12.xml"
EXTENSIVE = "dcc_gp_temperature_extensive_v12.xml"
ADJUSTMENT = "dcc_gp_temperature_typical_adjustment_v12.xml"
TYPICAL = "dcc_gp_temperature_typical_v12.xml"
NEWEST = "dcclib_valid_3.3.0.xml"
VALID = (
    HUMIDITY,
    RESISTANCE,
    EXTENSIVE,
    "dcc_gp_temperature_simplified_v12.xml",
    ADJUSTMENT,
    TYPICAL,
    SIGNED,
    MANIPULATED,
    NEWEST,
)
NAMES = {
    "dcc": "https://ptb.de/dcc",
    "si": "https://ptb.de/si",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}


def example(name: str) -> bytes:
    """The bytes of an example certificate."""
    return (DCC_FILES / name).read_bytes()


def edited(name: str, *edits: tuple[str, str]) -> bytes:
    """An example with the first occurrence of each old text replaced."""
    text = example(name).decode()
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def printed(reading: Reading | None) -> str | None:
    """A reading as people see it: "0.061 K"."""
    return None if reading is None else f"{reading.value} {reading.unit}"
