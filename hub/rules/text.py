"""One spelling for what people type: half-width characters and single blanks."""

FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
ZERO_WIDTH = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))


def tidy(text: str) -> str:
    """`text` half-width, without zero-width characters, trimmed, each run of blanks one space.

    Nothing else is folded: ℃, ², Ⅲ stay as they are.
    """
    return " ".join(text.translate(FULL_WIDTH | ZERO_WIDTH).split())
