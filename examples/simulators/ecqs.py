"""A system for compulsory verification as e-CQS might be: filings, appointments, tasks, results."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from examples.simulators.run import run
from examples.simulators.system import System

NEEDED = ("name", "catalogueItem", "catalogueKind", "serialNo", "manufacturer", "purpose")
"""What a filing is returned without."""
DAYS = 20
"""Working time of the institute for a task that no one has put a date to."""


class Ecqs(System):
    """Files instruments, accepts appointments, and dispatches a task for each instrument."""

    def react(self, message: Mapping[str, Any]) -> None:
        """Accept or return what was filed or asked for. Of results it only takes note."""
        subject, data = message["subject"], message["data"]
        match message["type"]:
            case "instrument.filing":
                self._file(subject, data)
            case "appointment.request":
                self._accept(subject, data)

    def _file(self, subject: str, data: Mapping[str, Any]) -> None:
        if missing := [name for name in NEEDED if not data.get(name)]:
            self.tell("filing.returned", subject, reason=f"缺少 {'、'.join(missing)}")
        else:
            self.tell("filing.accepted", subject, filingNo=self.number("QG"))

    def _accept(self, subject: str, data: Mapping[str, Any]) -> None:
        if not data["instruments"]:
            self.tell("appointment.returned", subject, reason="没有器具")
            return
        self.tell("appointment.accepted", subject, externalNo=self.number("YY"))
        due = data.get("latestDate") or (datetime.now(UTC) + timedelta(DAYS)).date().isoformat()
        for place, one in enumerate(data["instruments"], start=1):
            task = f"{self.number('RW')}-{place}"
            self.tell(
                "task.dispatched",
                f"task/{task}",
                taskNo=task,
                requestNo=data["no"],
                institute=data["institute"],
                filingNo=one.get("filingNo"),
                name=one["name"],
                serialNo=one.get("serialNo"),
                manufacturer=one.get("manufacturer"),
                dueDate=due,
            )


if __name__ == "__main__":
    run(Ecqs)
