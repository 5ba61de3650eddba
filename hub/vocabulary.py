"""The closed lists of the field: every enumeration that tables, rules and schema share."""

from enum import StrEnum
from typing import Self


class Term(StrEnum):
    """One word of a closed list, declared as `IN_USE = "IN_USE", "在用"`.

    A member equals and prints as its English value; `label` is the Chinese word people read.
    """

    label: str

    # The default is for type checkers, which take `Kind("VALUE")` for a call of this method; at
    # run time that call is a look-up, and tests/rules/test_vocabulary.py asks for every label.
    def __new__(cls, value: str, label: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


class Role(Term):
    """角色: what a user is on the platform."""

    ANONYMOUS = "ANONYMOUS", "匿名访客"
    USER = "USER", "企业用户"
    ORG_ADMIN = "ORG_ADMIN", "机构管理员"
    LAB_STAFF = "LAB_STAFF", "检定/校准人员"
    LAB_REVIEWER = "LAB_REVIEWER", "核验人员"
    LAB_APPROVER = "LAB_APPROVER", "批准人"
    CUSTOMER_SERVICE = "CUSTOMER_SERVICE", "客服人员"
    FINANCE = "FINANCE", "财务人员"
    REGULATOR = "REGULATOR", "市场监管人员"
    AUDITOR = "AUDITOR", "审计员"
    OPERATOR = "OPERATOR", "运维人员"
    DATA_STEWARD = "DATA_STEWARD", "数据管理员"
    SYSTEM = "SYSTEM", "系统账号"


class IdentMethod(Term):
    """身份鉴别方式: how a user proves to be who he is."""

    PASSWORD = "PASSWORD", "用户名口令"
    CERTIFICATE = "CERTIFICATE", "数字证书"
    GOV_SSO = "GOV_SSO", "政务服务统一身份认证"
    WECHAT = "WECHAT", "微信"


class UserState(Term):
    """用户状态."""

    ACTIVE = "ACTIVE", "正常"
    LOCKED = "LOCKED", "已锁定"
    CLOSED = "CLOSED", "已注销"


class OrgKind(Term):
    """机构类型."""

    ENTERPRISE = "ENTERPRISE", "企业"
    PUBLIC_INSTITUTION = "PUBLIC_INSTITUTION", "事业单位"
    LEGAL_VERIFICATION_INSTITUTE = "LEGAL_VERIFICATION_INSTITUTE", "法定计量检定机构"
    AUTHORIZED_INSTITUTE = "AUTHORIZED_INSTITUTE", "授权机构"
    CALIBRATION_LAB = "CALIBRATION_LAB", "校准实验室"
    MANUFACTURER = "MANUFACTURER", "制造单位"
    REGULATOR = "REGULATOR", "行政机关"
    HOSPITAL = "HOSPITAL", "医疗机构"
    OTHER = "OTHER", "其他"


class VerifyState(Term):
    """核验状态 of an organization's identity."""

    UNVERIFIED = "UNVERIFIED", "未核验"
    VERIFIED = "VERIFIED", "已核验"
    REJECTED = "REJECTED", "核验未通过"


class MetrologyField(Term):
    """计量专业: the ten fields."""

    LENGTH = "LENGTH", "长度（几何量）"
    MECHANICS = "MECHANICS", "力学"
    THERMAL = "THERMAL", "热工（温度）"
    ELECTROMAGNETIC = "ELECTROMAGNETIC", "电磁"
    RADIO = "RADIO", "无线电（电子）"
    TIME_FREQUENCY = "TIME_FREQUENCY", "时间频率"
    OPTICS = "OPTICS", "光学"
    ACOUSTICS = "ACOUSTICS", "声学"
    CHEMISTRY = "CHEMISTRY", "化学（物理化学）"
    IONIZING_RADIATION = "IONIZING_RADIATION", "电离辐射"


class ManagementClass(Term):
    """ABC 管理类别: an enterprise's own grading."""

    A = "A", "A类"
    B = "B", "B类"
    C = "C", "C类"


class InstrumentRole(Term):
    """器具用作: what an instrument is in the traceability chain."""

    WORKING = "WORKING", "工作计量器具"
    STANDARD = "STANDARD", "计量标准器"
    AUXILIARY = "AUXILIARY", "配套设备"


class CompulsoryPurpose(Term):
    """强制检定用途 (计量法 Art. 9): why an instrument is under compulsory verification."""

    TRADE_SETTLEMENT = "TRADE_SETTLEMENT", "贸易结算"
    SAFETY = "SAFETY", "安全防护"
    MEDICAL_HEALTH = "MEDICAL_HEALTH", "医疗卫生"
    ENVIRONMENT = "ENVIRONMENT", "环境监测"
    PUBLIC_STANDARD = "PUBLIC_STANDARD", "社会公用计量标准"
    HIGHEST_STANDARD = "HIGHEST_STANDARD", "部门、企事业最高计量标准"


class FilingState(Term):
    """强检备案状态."""

    NONE = "NONE", "未备案"
    SUBMITTED = "SUBMITTED", "已提交"
    ACCEPTED = "ACCEPTED", "已备案"
    RETURNED = "RETURNED", "已退回"


class VerificationForm(Term):
    """强检方式 (SAMR notice 2020 No. 42)."""

    PERIODIC = "PERIODIC", "周期检定"
    FIRST_ONLY_SCRAP = "FIRST_ONLY_SCRAP", "首次强检失准报废"
    FIRST_ONLY_ROTATE = "FIRST_ONLY_ROTATE", "首次强检限期使用到期轮换"
    NONE = "NONE", "不要求"


class CalibrationMode(Term):
    """溯源方式."""

    VERIFICATION = "VERIFICATION", "检定"
    CALIBRATION = "CALIBRATION", "校准"
    INTERNAL = "INTERNAL", "内部校准"
    TEST = "TEST", "检测"
    EXEMPT = "EXEMPT", "免检"


class InstrumentState(Term):
    """器具状态: `hub.rules.instrument` says which moves are allowed."""

    IN_USE = "IN_USE", "在用"
    STOPPED = "STOPPED", "停用"
    SEALED = "SEALED", "封存"
    REPAIR = "REPAIR", "送修"
    SCRAPPED = "SCRAPPED", "报废"


class DueState(Term):
    """到期状态: where a day stands to a validity."""

    VALID = "VALID", "有效"
    DUE_SOON = "DUE_SOON", "即将到期"
    OVERDUE = "OVERDUE", "已超期"
    NOT_SCHEDULED = "NOT_SCHEDULED", "未排期"


class MpeKind(Term):
    """最大允许误差的表示方式."""

    ABSOLUTE = "ABSOLUTE", "绝对误差"
    RELATIVE = "RELATIVE", "相对误差"
    REDUCED = "REDUCED", "引用误差"
    COMBINED = "COMBINED", "组合误差"
    FORMULA = "FORMULA", "公式"


class CertificateKind(Term):
    """证书种类."""

    VERIFICATION_CERTIFICATE = "VERIFICATION_CERTIFICATE", "检定证书"
    RESULT_NOTICE = "RESULT_NOTICE", "检定结果通知书"
    CALIBRATION_CERTIFICATE = "CALIBRATION_CERTIFICATE", "校准证书"
    TEST_REPORT = "TEST_REPORT", "测试/检测报告"


class CertificateState(Term):
    """证书状态: `hub.rules.certificate` says which moves are allowed."""

    DRAFT = "DRAFT", "草稿"
    CHECKED = "CHECKED", "已核验"
    APPROVED = "APPROVED", "已批准"
    ISSUED = "ISSUED", "已签发"
    REPLACED = "REPLACED", "已被代替"
    REVOKED = "REVOKED", "已撤销"


class ReplacementKind(Term):
    """代替方式 (DCC typeOfChange)."""

    AMENDED = "AMENDED", "更正"
    SUBSTITUTED = "SUBSTITUTED", "替换"


class Conclusion(Term):
    """结论."""

    QUALIFIED = "QUALIFIED", "合格"
    UNQUALIFIED = "UNQUALIFIED", "不合格"
    CLASS = "CLASS", "符合等级"
    RESULT_ONLY = "RESULT_ONLY", "仅给数据"


class Location(Term):
    """检定/校准地点 (with the places a DCC knows)."""

    LAB = "LAB", "本所实验室"
    ON_SITE = "ON_SITE", "使用现场"
    BRANCH = "BRANCH", "分支机构实验室"
    CUSTOMER_BRANCH = "CUSTOMER_BRANCH", "客户分支机构现场"
    OTHER = "OTHER", "其他"


class ResultKind(Term):
    """结果种类: what a measured parameter states."""

    INDICATION_ERROR = "INDICATION_ERROR", "示值误差"
    VALUE = "VALUE", "测得值"
    DEVIATION = "DEVIATION", "偏差"
    OTHER = "OTHER", "其他"


class ResultStage(Term):
    """结果阶段."""

    AS_FOUND = "AS_FOUND", "调整前"
    AS_LEFT = "AS_LEFT", "调整后"
    ONLY = "ONLY", "未调整"


class DecisionRule(Term):
    """判定规则: how a result is held against its limits."""

    FULL_VALUE = "FULL_VALUE", "全数值比较法"
    ROUNDED_VALUE = "ROUNDED_VALUE", "修约值比较法"
    JJF_1094 = "JJF_1094", "JJF 1094-2002 符合性评定"
    GUARDED = "GUARDED", "以扩展不确定度为保护带"


class Verdict(Term):
    """判定 of one point (with the verdicts a DCC knows)."""

    PASS = "PASS", "合格"
    FAIL = "FAIL", "不合格"
    INDETERMINATE = "INDETERMINATE", "待定"
    CONDITIONAL_PASS = "CONDITIONAL_PASS", "有条件合格"
    CONDITIONAL_FAIL = "CONDITIONAL_FAIL", "有条件不合格"
    NO_PASS = "NO_PASS", "不能判为合格"
    NO_FAIL = "NO_FAIL", "不能判为不合格"


class ComparisonVerdict(Term):
    """比对评价."""

    SATISFACTORY = "SATISFACTORY", "满意"
    QUESTIONABLE = "QUESTIONABLE", "可疑"
    UNSATISFACTORY = "UNSATISFACTORY", "不满意"


class StandardKind(Term):
    """计量标准类别."""

    PUBLIC = "PUBLIC", "社会公用计量标准"
    DEPARTMENT = "DEPARTMENT", "部门最高计量标准"
    ENTERPRISE_HIGHEST = "ENTERPRISE_HIGHEST", "企事业单位最高计量标准"
    WORKING = "WORKING", "次级/工作计量标准"


class StandardState(Term):
    """计量标准状态."""

    IN_USE = "IN_USE", "在用"
    SUSPENDED = "SUSPENDED", "封存/停用"
    WITHDRAWN = "WITHDRAWN", "撤销"


class CmcForm(Term):
    """CMC 表示方式 (CNAS guidance)."""

    CONSTANT = "CONSTANT", "常数"
    LINEAR = "LINEAR", "线性公式"
    TABLE = "TABLE", "数值表"
    MATRIX = "MATRIX", "矩阵"
    GRAPH_TEXT = "GRAPH_TEXT", "图形或文字"


class CapabilityState(Term):
    """技术能力状态."""

    VALID = "VALID", "有效"
    SUSPENDED = "SUSPENDED", "暂停"
    EXPIRED = "EXPIRED", "已过期"
    WITHDRAWN = "WITHDRAWN", "撤销"


class QualificationKind(Term):
    """资质种类."""

    LEGAL_INSTITUTE = "LEGAL_INSTITUTE", "法定计量检定机构计量授权"
    METROLOGY_AUTHORIZATION = "METROLOGY_AUTHORIZATION", "专项计量授权"
    CNAS = "CNAS", "CNAS 认可"
    CMA = "CMA", "检验检测机构资质认定"
    STANDARD_ASSESSMENT = "STANDARD_ASSESSMENT", "计量标准考核"


class QualificationState(Term):
    """资质状态; EXPIRED is derived at the day of the question."""

    VALID = "VALID", "有效"
    SUSPENDED = "SUSPENDED", "暂停"
    EXPIRED = "EXPIRED", "已过期"
    REVOKED = "REVOKED", "撤销"
    CANCELLED = "CANCELLED", "注销"


class PriceKind(Term):
    """计价方式."""

    FIXED = "FIXED", "固定价"
    BASE_PLUS = "BASE_PLUS", "基价加增量"
    RANGE = "RANGE", "区间价"
    NEGOTIATED = "NEGOTIATED", "协商定价"


class FeeNature(Term):
    """收费性质."""

    COMPULSORY_FREE = "COMPULSORY_FREE", "强制检定免费"
    GOVERNMENT_PRICED = "GOVERNMENT_PRICED", "政府定价"
    MARKET = "MARKET", "市场调节"


class PersonnelCertificateKind(Term):
    """人员证件种类."""

    REGISTERED_METROLOGIST_1 = "REGISTERED_METROLOGIST_1", "一级注册计量师"
    REGISTERED_METROLOGIST_2 = "REGISTERED_METROLOGIST_2", "二级注册计量师"
    VERIFIER = "VERIFIER", "检定员证"
    SIGNATORY = "SIGNATORY", "授权签字人"
    ASSESSOR = "ASSESSOR", "考评员"
    TRAINED = "TRAINED", "能力证明"


class PersonnelCertificateState(Term):
    """人员证件状态; EXPIRED is derived at the day of the question."""

    VALID = "VALID", "有效"
    SUSPENDED = "SUSPENDED", "暂停"
    EXPIRED = "EXPIRED", "已过期"
    REVOKED = "REVOKED", "吊销"
    CANCELLED = "CANCELLED", "注销"


class DocumentKind(Term):
    """技术资料种类."""

    JJG = "JJG", "检定规程"
    JJF = "JJF", "校准规范/技术规范"
    JJG_SYSTEM = "JJG_SYSTEM", "检定系统表"
    GB = "GB", "强制性国家标准"
    GBT = "GBT", "推荐性国家标准"
    DB = "DB", "地方标准"
    ISO = "ISO", "国际标准"
    OIML = "OIML", "国际法制计量组织文件"
    INTERNAL = "INTERNAL", "内部方法"


class DocumentState(Term):
    """技术资料状态, derived at the day of the question."""

    ADOPTED_UPCOMING = "ADOPTED_UPCOMING", "即将实施"
    IN_FORCE = "IN_FORCE", "现行"
    ABOLISHED = "ABOLISHED", "废止"
    REPLACED = "REPLACED", "被代替"


class AdoptionState(Term):
    """采用状态 of a document in a laboratory."""

    ADOPTED = "ADOPTED", "已采用"
    TRANSITION = "TRANSITION", "过渡期"
    WITHDRAWN = "WITHDRAWN", "已停用"


class RequestState(Term):
    """报检申请的状态: `hub.rules.verification` says which moves are allowed."""

    SUBMITTED = "SUBMITTED", "已提交"
    ACCEPTED = "ACCEPTED", "已受理"
    RETURNED = "RETURNED", "已退回"
    DISPATCHED = "DISPATCHED", "任务已下发"
    DONE = "DONE", "已办结"
    WITHDRAWN = "WITHDRAWN", "已撤回"


class TaskState(Term):
    """检定任务的状态."""

    DISPATCHED = "DISPATCHED", "待检"
    REPORTED = "REPORTED", "结果已上报"
    CANCELLED = "CANCELLED", "已取消"


class LicenceStage(Term):
    """行政许可的办理阶段 (GB/T 39047-2020): `hub.rules.licence` says which may follow which."""

    APPLIED = "APPLIED", "申请"
    PREREVIEW = "PREREVIEW", "预审"
    ACCEPTED = "ACCEPTED", "受理"
    SUPPLEMENT = "SUPPLEMENT", "补正"
    REFUSED_ENTRY = "REFUSED_ENTRY", "不予受理"
    REVIEW = "REVIEW", "审查"
    SPECIAL = "SPECIAL", "特别程序"
    DECIDED = "DECIDED", "决定"
    DELIVERED = "DELIVERED", "制证送达"
    ARCHIVED = "ARCHIVED", "归档"
