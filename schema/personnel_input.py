"""What an organisation's system states of its people: nothing that is restricted or registered."""

import strawberry

from schema.inputs import may


@strawberry.input(
    description="一名人员；省略的项不变，null 清空。受限个人信息与证件、注册不由同步写入"
)
class SyncPersonnelRow:
    """What a system states of one person."""

    external_id: str | None = may("来源系统中的编号；有则先按它、再按工号找")
    if_version: int | None = may("所见的版本号；平台上已是另一版时，此行为 CONFLICT")
    staff_no: str | None = may("工号；新建时必填")
    name: str | None = may("姓名；新建时必填；有登记的证件或注册之后以登记为准")
    title: str | None = may("职务/职称")
