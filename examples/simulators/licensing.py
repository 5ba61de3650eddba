"""A system for administrative licensing as it might be: it pushes the stages of applications."""

from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.simulators.run import run
from examples.simulators.system import System

COURSE = ("APPLIED", "PREREVIEW", "ACCEPTED", "REVIEW", "DECIDED", "DELIVERED", "ARCHIVED")
"""The stages of an application that is granted at once (GB/T 39047-2020)."""
DIVERSION = ("APPLIED", "PREREVIEW", "SUPPLEMENT", "PREREVIEW", "ACCEPTED", "REVIEW", "SPECIAL")
"""The stages of one that had to be supplemented and is looked at by experts."""
ITEMS = {"JL-01": "计量标准器具核准", "JL-02": "法定计量检定机构计量授权"}
HANDLERS = ("周受理", "吴审查", "郑决定")


class Licensing(System):
    """Pushes each stage of each application as it is reached."""

    def apply(self, uscc: str, name: str, code: str = "JL-01", *, diverted: bool = False) -> str:
        """An application that goes through all its stages at once; its acceptance number."""
        number = f"SL-{self.run}-{len(self.events):04d}"
        began = datetime.now(UTC) - timedelta(days=len(COURSE))
        for seq, stage in enumerate(DIVERSION if diverted else COURSE, start=1):
            self.reach(number, stage, seq, began + timedelta(days=seq), uscc, name, code)
        return number

    def reach(
        self, number: str, stage: str, seq: int, at: datetime, uscc: str, name: str, code: str
    ) -> None:
        """One stage of an application."""
        self.tell(
            "licence.stage",
            f"licence/{number}/{stage}/{seq}",
            acceptanceNo=number,
            itemCode=code,
            item=ITEMS[code],
            applicantUscc=uscc,
            applicantName=name,
            stage=stage,
            stageSeq=seq,
            time=at.isoformat(),
            handler=HANDLERS[seq % len(HANDLERS)],
            result="GRANTED" if stage == "DECIDED" else None,
            opinion="材料齐全" if stage == "ACCEPTED" else None,
        )

    def controls(self) -> list[Route]:
        """Applications may be made as well."""
        return [*super().controls(), Route("/apply", self._apply, methods=["POST"])]

    async def _apply(self, request: Request) -> Response:
        given = await request.json()
        return JSONResponse({"acceptanceNo": self.apply(**given)})


if __name__ == "__main__":
    run(Licensing)
