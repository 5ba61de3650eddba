"""Who asks and what they may do: roles, permissions, and what they see of a level."""

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from hub.errors import Forbidden, Unauthenticated, Words
from hub.vocabulary import Role, Term


class Level(Term):
    """级别: how sensitive a field is, from public to restricted personal data."""

    P = "P", "公开"
    A = "A", "登录用户"
    O = "O", "所属机构"  # noqa: E741  (the level's name in the requirements)
    S = "S", "平台与实验室人员"
    R = "R", "受限个人信息"


class Sight(Term):
    """所见: what becomes of a value on its way to a caller."""

    CLEAR = "CLEAR", "完整"
    MASKED = "MASKED", "脱敏"
    HIDDEN = "HIDDEN", "不给出"


class Can(StrEnum):
    """Permissions to act, `noun:verb`. Reading is decided by policies and levels instead."""

    INSTRUMENT_WRITE = "instrument:write"
    INSTRUMENT_TRANSFER = "instrument:transfer"
    CERTIFICATE_ISSUE = "certificate:issue"
    CERTIFICATE_IMPORT = "certificate:import"
    REFERENCE_WRITE = "reference:write"
    ORGANIZATION_WRITE = "organization:write"
    STANDARD_WRITE = "standard:write"
    PERSONNEL_WRITE = "personnel:write"
    USER_WRITE = "user:write"
    WEBHOOK_WRITE = "webhook:write"
    EXPORT_WRITE = "export:write"
    CONNECTOR_WRITE = "connector:write"


LABORATORY = frozenset(
    {
        Role.LAB_STAFF,
        Role.LAB_REVIEWER,
        Role.LAB_APPROVER,
        Role.CUSTOMER_SERVICE,
        Role.FINANCE,
    }
)
OVERSIGHT = frozenset({Role.REGULATOR, Role.DATA_STEWARD})

OWN = frozenset(
    {
        Can.INSTRUMENT_WRITE,
        Can.INSTRUMENT_TRANSFER,
        Can.STANDARD_WRITE,
        Can.PERSONNEL_WRITE,
        Can.WEBHOOK_WRITE,
        Can.EXPORT_WRITE,
        Can.CONNECTOR_WRITE,
    }
)
"""What the administrators and the systems of an organisation do, with what is its own alone."""
GRANTS: dict[Role, frozenset[Can]] = {
    Role.USER: frozenset({Can.INSTRUMENT_WRITE}),
    Role.ORG_ADMIN: OWN,
    Role.SYSTEM: OWN,
    Role.LAB_STAFF: frozenset({Can.CERTIFICATE_IMPORT}),
    Role.LAB_APPROVER: frozenset({Can.CERTIFICATE_ISSUE, Can.CERTIFICATE_IMPORT, Can.EXPORT_WRITE}),
    Role.DATA_STEWARD: frozenset(
        {
            Can.REFERENCE_WRITE,
            Can.ORGANIZATION_WRITE,
            Can.CERTIFICATE_IMPORT,
            Can.EXPORT_WRITE,
            Can.CONNECTOR_WRITE,
        }
    ),
    Role.REGULATOR: frozenset({Can.EXPORT_WRITE}),
    Role.OPERATOR: frozenset({Can.USER_WRITE, Can.CONNECTOR_WRITE}),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The one on whose behalf an operation runs; acts for at most one organisation.

    `district` bounds the sight of a regulator: a prefix of GB/T 2260 codes, "3205" for Suzhou.
    """

    login: str = "anonymous"
    user_id: UUID | None = None
    organization_id: UUID | None = None
    person_id: UUID | None = None
    district: str | None = None
    roles: frozenset[Role] = field(default_factory=lambda: frozenset({Role.ANONYMOUS}))

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody signed in."""
        return self.roles <= {Role.ANONYMOUS}

    @property
    def permissions(self) -> frozenset[Can]:
        """Everything the roles of this actor grant."""
        granted: frozenset[Can] = frozenset()
        return granted.union(*(GRANTS.get(role, frozenset()) for role in self.roles))

    def has(self, roles: frozenset[Role]) -> bool:
        """Whether the actor holds one of `roles`."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """Whether the actor's sight is wider than the rows of one organisation."""
        return self.has(LABORATORY | OVERSIGHT | {Role.OPERATOR, Role.AUDITOR})

    def must(self, can: Can) -> None:
        """Raise Unauthenticated or Forbidden unless the actor holds `can`."""
        if can in self.permissions:
            return
        if self.is_anonymous:
            raise Unauthenticated(
                "请先登录",
                "sign in first",
                hint=Words("请求头 Authorization: Bearer <令牌>", "send Authorization: Bearer"),
            )
        raise Forbidden(
            f"当前角色没有 {can} 权限",
            f"your roles do not grant {can}",
            hint=Words("请向本机构管理员申请", "ask the administrator of your organisation"),
        )

    def acts_for(self) -> UUID:
        """The organisation that the actor acts for. Forbidden for who acts for none."""
        if self.organization_id is None:
            raise Forbidden("当前账号不属于任何机构", "this account belongs to no organisation")
        return self.organization_id

    def sight(self, level: Level, *, own: bool = True, person: bool = False) -> Sight:
        """What this actor gets of a field of `level` on a row that it may see.

        `own` says that the row belongs to the actor's organisation or is handled or overseen by
        it, `person` that the row is about the actor. The table is the one of the requirements
        (levels P A O S R by role).
        """
        match level:
            case Level.P:
                clear = True
            case Level.A:
                clear = not self.is_anonymous
            case Level.O:
                clear = own and not self.is_anonymous
            case Level.S:
                clear = own and self.has(LABORATORY | OVERSIGHT)
            case Level.R:
                clear = person
        if clear:
            return Sight.CLEAR
        if level is Level.R and own and self.has(LABORATORY | OVERSIGHT | {Role.ORG_ADMIN}):
            return Sight.MASKED
        if level is Level.O and not self.is_anonymous:
            return Sight.MASKED
        return Sight.HIDDEN


ANONYMOUS = Actor()
PLATFORM = Actor(login="platform", roles=frozenset({Role.DATA_STEWARD}))
"""Looks things up for an action: what a laboratory has been handed before any row ties the two,
and the certificate that someone asks about by number and code."""
SIGN_IN = Actor(login="sign-in", user_id=UUID(int=0), roles=frozenset({Role.OPERATOR}))
"""Checks passwords and keeps tokens. No account has its id; policies show none to the anonymous."""
