"""Whether a unified social credit code 统一社会信用代码 is well formed (GB 32100-2015)."""

from hub.rules.text import tidy
from hub.vocabulary import Term

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 characters, no I O S V Z
LENGTH = 18
DISTRICT = slice(2, 8)
WEIGHTS = [pow(3, position, 31) for position in range(LENGTH - 1)]


class UsccVerdict(Term):
    """统一社会信用代码校验结果: the first thing that is wrong."""

    OK = "OK", "正确"
    LENGTH = "LENGTH", "不是 18 位"
    CHARSET = "CHARSET", "含有不允许的字符"
    CHECK_DIGIT = "CHECK_DIGIT", "校验码不符"


def normal_uscc(text: str) -> str:
    """The code as typed, made half-width and upper case, without blanks around it."""
    return tidy(text).upper()


def uscc_verdict(code: str) -> UsccVerdict:
    """The verdict on a code as it stands (blanks around it apart); normalise what people typed.

    Real codes with a wrong check digit were issued: keep and flag CHECK_DIGIT, do not refuse.
    """
    code = code.strip()
    if len(code) != LENGTH:
        return UsccVerdict.LENGTH
    if any(each not in ALPHABET for each in code) or not code[DISTRICT].isdecimal():
        return UsccVerdict.CHARSET
    return UsccVerdict.OK if uscc_check_digit(code) == code[-1] else UsccVerdict.CHECK_DIGIT


def uscc_check_digit(code: str) -> str:
    """The 18th character that belongs to the first 17 of `code`."""
    total = sum(ALPHABET.index(each) * weight for each, weight in zip(code, WEIGHTS, strict=False))
    return ALPHABET[-total % 31]
