"""An enterprise's own system as it might be: it states the instruments of its ledger."""

from dataclasses import dataclass, field
from typing import Any

from examples.simulators.run import run
from examples.simulators.system import System

LINES = 20
"""Lines that it has from the start."""
KINDS = (
    ("一般压力表", "Y-100"),
    ("数字万用表", "FLUKE 17B+"),
    ("游标卡尺", "0-150mm"),
    ("电子天平", "BSA224S"),
)


@dataclass
class Erp(System):
    """States each line of its ledger, and states it again when it has changed."""

    ledger: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make the ledger, which is the same each time."""
        for number in range(1, LINES + 1):
            name, model = KINDS[number % len(KINDS)]
            self.state(
                f"EQ-{number:05d}",
                assetNo=f"ERP-{number:05d}",
                name=name,
                modelSpec=model,
                serialNo=f"SN{number:06d}",
                manufacturer="示范仪表厂",
                department=f"车间{number % 3 + 1}",
                location=f"{number % 5 + 1}号厂房",
                custodian="张保管",
                status="IN_USE",
            )

    def state(self, key: str, **values: Any) -> None:
        """Say of a line what is so now: what it said before, and `values`."""
        self.ledger[key] = self.ledger.get(key, {"externalId": key}) | values
        self.tell("instrument.stated", f"instrument/{key}", **self.ledger[key])

    def drop(self, key: str) -> None:
        """Say that a line is gone."""
        del self.ledger[key]
        self.tell("instrument.gone", f"instrument/{key}", externalId=key)


if __name__ == "__main__":
    run(Erp)
