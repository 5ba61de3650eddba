"""An institute's own system as it might be: submissions 数据报检, tasks, results."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from examples.simulators.run import run
from examples.simulators.system import System

DAYS = 10
"""Days that the institute promises."""


class Submission(System):
    """Accepts submissions and dispatches a task for each instrument."""

    def react(self, message: Mapping[str, Any]) -> None:
        """Accept what was submitted. Of results it only takes note."""
        if message["type"] != "submission.request":
            return
        subject, data = message["subject"], message["data"]
        if not data["instruments"]:
            self.tell("submission.returned", subject, reason="没有器具")
            return
        number = self.number("BJ")
        self.tell("submission.accepted", subject, externalNo=number)
        due = data.get("latestDate") or (datetime.now(UTC) + timedelta(DAYS)).date().isoformat()
        for place, one in enumerate(data["instruments"], start=1):
            self.tell(
                "task.dispatched",
                f"task/{number}-{place}",
                taskNo=f"{number}-{place}",
                requestNo=data["no"],
                institute=data["institute"],
                name=one["name"],
                serialNo=one.get("serialNo"),
                manufacturer=one.get("manufacturer"),
                dueDate=due,
            )


if __name__ == "__main__":
    run(Submission)
