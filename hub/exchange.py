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
    """变更对象的种类: the nouns whose changes are told, to their organisations or to all."""

    INSTRUMENT = "INSTRUMENT", "计量器具"
    CERTIFICATE = "CERTIFICATE", "证书"
    MEASUREMENT_STANDARD = "MEASUREMENT_STANDARD", "计量标准"
    CAPABILITY = "CAPABILITY", "技术能力"
    QUALIFICATION = "QUALIFICATION", "资质"
    PERSONNEL = "PERSONNEL", "人员"
    DOCUMENT_ADOPTION = "DOCUMENT_ADOPTION", "技术资料的采用"
    ORGANIZATION = "ORGANIZATION", "机构"
    VERIFICATION_REQUEST = "VERIFICATION_REQUEST", "预约检定与报检申请"
    VERIFICATION_TASK = "VERIFICATION_TASK", "检定任务"
    LICENCE_APPLICATION = "LICENCE_APPLICATION", "行政许可申请"
    FEE_ITEM = "FEE_ITEM", "收费项目：公共资料，写明才有"


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


class WebhookState(Term):
    """回调的状态."""

    ACTIVE = "ACTIVE", "投递中"
    PAUSED = "PAUSED", "已暂停"


class PauseReason(Term):
    """回调暂停的原因."""

    OWNER = "OWNER", "由所属机构暂停"
    FAILING = "FAILING", "接收端连续三天失败"
    GONE = "GONE", "接收端答复 410，已不存在"
    CHANGE_TOKEN_EXPIRED = "CHANGE_TOKEN_EXPIRED", "所至位置之后的变更已不再保留"


class DeliveryState(Term):
    """投递的状态."""

    PENDING = "PENDING", "待投递"
    DELIVERED = "DELIVERED", "已送达"
    DEAD = "DEAD", "死信：重试期满仍未送达"


class DeliveryFailure(Term):
    """一次投递未成功的原因."""

    ADDRESS = "ADDRESS", "地址不允许：不是公网地址，或域名解析不到"
    UNREACHABLE = "UNREACHABLE", "连接不上，或中途断开"
    TLS = "TLS", "TLS 握手失败或证书不可信"
    TIMEOUT = "TIMEOUT", "15 秒内没有答复"
    STATUS = "STATUS", "答复不是 2xx；重定向也算失败"
    SECRET = "SECRET", "签名密钥无法解开，请联系平台运维"


class ExportNoun(Term):
    """导出对象的种类: the nouns that can be had as a file, those that one may read."""

    INSTRUMENT = "INSTRUMENT", "计量器具"
    CERTIFICATE = "CERTIFICATE", "证书"
    MEASUREMENT_STANDARD = "MEASUREMENT_STANDARD", "计量标准"
    CAPABILITY = "CAPABILITY", "技术能力"
    QUALIFICATION = "QUALIFICATION", "资质"
    PERSONNEL = "PERSONNEL", "人员"
    ORGANIZATION = "ORGANIZATION", "机构"
    FEE_ITEM = "FEE_ITEM", "收费项目"
    TECHNICAL_DOCUMENT = "TECHNICAL_DOCUMENT", "技术资料"


class ExportFormat(Term):
    """导出文件的格式."""

    JSONL = "JSONL", "每行一个 JSON 对象"
    CSV = "CSV", "逗号分隔，UTF-8 带 BOM，Excel 可直接打开"
    XLSX = "XLSX", "Excel 工作簿，至多 1048575 行"
    DCC = "DCC", "ZIP：每份证书一个数字校准证书（DCC 3.3.0），另有清单；只用于 CERTIFICATE"


PACKED = frozenset({ExportFormat.XLSX, ExportFormat.DCC})
"""The formats whose files are compressed by themselves."""


class ExportState(Term):
    """导出的状态."""

    QUEUED = "QUEUED", "排队中"
    RUNNING = "RUNNING", "进行中"
    DONE = "DONE", "已完成，可下载"
    FAILED = "FAILED", "未成功"
    CANCELLED = "CANCELLED", "已取消"


class ExportFailure(Term):
    """导出未成功的原因."""

    ACCOUNT = "ACCOUNT", "请求者的账号已停用，或其机构、角色已变更"
    TOO_MANY_ROWS = "TOO_MANY_ROWS", "超过工作表的 1048575 行，请改用 CSV 或 JSONL"
    COLUMNS = "COLUMNS", "平台升级改变了各列，请重新导出"
    REFUSED = "REFUSED", "有的行太大，不能读出"
    INTERNAL = "INTERNAL", "平台内部错误，多次重试未成功"


class ConnectorKind(Term):
    """连接的外部系统的种类."""

    ECQS = "ECQS", "强制检定业务系统"
    LICENSING = "LICENSING", "行政审批系统"
    SUBMISSION = "SUBMISSION", "数据报检系统"
    ERP = "ERP", "企业资源计划系统"


class ConnectorState(Term):
    """连接的状态."""

    ACTIVE = "ACTIVE", "运行中"
    PAUSED = "PAUSED", "已暂停"


class ConnectorHealth(Term):
    """连接的健康状况."""

    OK = "OK", "正常"
    DEGRADED = "DEGRADED", "有差错，仍在运行"
    DOWN = "DOWN", "对方没有答复，仅作探测"


class ConnectorFailure(Term):
    """与外部系统通信未成功的原因."""

    ADDRESS = "ADDRESS", "地址不允许：不是公网地址，或域名解析不到"
    UNREACHABLE = "UNREACHABLE", "连接不上，或中途断开"
    TLS = "TLS", "TLS 握手失败或证书不可信"
    TIMEOUT = "TIMEOUT", "规定时间内没有答复"
    STATUS = "STATUS", "答复不是 2xx；重定向也算失败"
    CREDENTIAL = "CREDENTIAL", "答复 401 或 403，凭据未被接受"
    ANSWER = "ANSWER", "答复读不懂：不是约定的 JSON"
    TOO_LARGE = "TOO_LARGE", "答复超过 8 MiB"
    WRONG_TOTAL = "WRONG_TOTAL", "一页的 total 与条数不符"
    SECRET = "SECRET", "存储的凭据无法解开，请联系平台运维"


class MessageDirection(Term):
    """报文的方向."""

    IN = "IN", "收到"
    OUT = "OUT", "发出"


class MessageState(Term):
    """报文的状态."""

    PENDING = "PENDING", "待办理"
    DONE = "DONE", "已办理"
    STALE = "STALE", "已有更新的陈述，未采用"
    CONFLICT = "CONFLICT", "已办理，留有冲突待处理"
    REJECTED = "REJECTED", "不能办理，见原因"
    DEAD = "DEAD", "死信：重试期满仍未送达"


class MessageOutcome(Term):
    """收到的一份报文办理的结果."""

    APPLIED = "APPLIED", "已采用"
    UNCHANGED = "UNCHANGED", "与已有内容相同"
    STALE = "STALE", "已有更新的陈述"
    CONFLICT = "CONFLICT", "已采用，留有冲突"
    REJECTED = "REJECTED", "不能办理"


class ConflictState(Term):
    """冲突的状态."""

    OPEN = "OPEN", "待处理"
    RESOLVED = "RESOLVED", "已处理"


class ConflictResolution(Term):
    """冲突的处理."""

    OURS = "OURS", "保留本平台的值"
    THEIRS = "THEIRS", "采用对方的值"
    BY_RULE = "BY_RULE", "按来源优先级采用对方的值"
    AGREED = "AGREED", "双方的值后来一致"


class Take(Term):
    """冲突时取哪一方的值."""

    OURS = "OURS", "本平台的值"
    THEIRS = "THEIRS", "对方的值"


class ConflictRule(Term):
    """冲突的由来."""

    BOTH_CHANGED = "BOTH_CHANGED", "双方都改过，没有一方是权威来源"
    LESSER = "LESSER", "此项另有权威来源，对方的值不直接采用"
    AUTHORITY = "AUTHORITY", "双方都改过，对方是权威来源"
    REFUSED = "REFUSED", "对方的值不合本平台的规则"


class ConnectorDirection(Term):
    """与外部系统往来的方向."""

    IN = "IN", "只收"
    BOTH = "BOTH", "收与发"
