"""What the documents say is what the code does."""

from pathlib import Path

from hub.settings import Settings

DOCS = Path(__file__).parents[1] / "docs"


def test_every_setting_stands_in_the_documents_with_its_default() -> None:
    rows = [
        f"| `HUB_{name.upper()}` | {'' if field.default is None else f'`{field.default}`'} |"
        f" {field.description} |"
        for name, field in Settings.model_fields.items()
    ]

    text = (DOCS / "settings.md").read_text()

    assert [row for row in rows if row not in text] == []
    assert text.count("`HUB_") == len(rows)
