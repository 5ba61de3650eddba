"""The closed lists of what passes between systems: changes out, rows in."""

from hub.vocabulary import Term


class ChangeKind(Term):
    """变更种类."""

    UPSERT = "UPSERT", "新增或修改"
    DELETE = "DELETE", "删除"


class ChangeReason(Term):
    """删除的原因."""

    RETIRED = "RETIRED", "退出台账"
    MERGED = "MERGED", "并入另一对象"
    PERMISSION_LOST = "PERMISSION_LOST", "不再有权查看"


class ChangeType(Term):
    """变更对象的种类: the nouns whose changes their organisations are told."""

    INSTRUMENT = "INSTRUMENT", "计量器具"
    CERTIFICATE = "CERTIFICATE", "证书"
    MEASUREMENT_STANDARD = "MEASUREMENT_STANDARD", "计量标准"
    CAPABILITY = "CAPABILITY", "技术能力"
    QUALIFICATION = "QUALIFICATION", "资质"
    PERSONNEL = "PERSONNEL", "人员"
    DOCUMENT_ADOPTION = "DOCUMENT_ADOPTION", "技术资料的采用"
    ORGANIZATION = "ORGANIZATION", "机构"


class OnError(Term):
    """有不合格行时: what becomes of the good rows when some are rejected."""

    REJECT_ALL = "REJECT_ALL", "全部不写入"
    REJECT_ROWS = "REJECT_ROWS", "只拒绝不合格的行"


class SyncStatus(Term):
    """同步结果: what became of a row that a system has sent."""

    CREATED = "CREATED", "新建"
    UPDATED = "UPDATED", "更新"
    UNCHANGED = "UNCHANGED", "与已有内容相同"
    REJECTED = "REJECTED", "拒绝"
    CONFLICT = "CONFLICT", "冲突"
