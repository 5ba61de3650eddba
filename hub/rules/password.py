"""Whether a password is fit to guard an account (GB/T 22239-2019, 8.1.4.1 a: complexity)."""

from collections.abc import Iterable
from itertools import chain

from hub.errors import Refused, Words

LONG = 12
SHORTEST = 8
CLASSES = 3
LONGEST = 256
FRESH = 6
"""How many of its characters have to be in nothing well known."""
DIFFERENT = 5

COMMON = """
    aini admin administrator asdf baby batman changeme china default demo dragon enterprise football
    guest hello huawei iloveyou jiangsu jiliang jsjl lab letmein login love master metrology monkey
    operator pass passw0rd password princess qazwsx qwer qwerty rival root secret shadow sunshine
    superman suzhou system temp test trustno1 user welcome woaini zaq xsw
    1314 520 5201314 计量 密码 口令 苏州 我爱你
"""
WORDS = frozenset(COMMON.split())
ROWS = (
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn",
    "!@#$%^&*()",
)
RUNS = frozenset(
    row[at : at + 3]
    for row in chain(ROWS, (row[::-1] for row in ROWS))
    for at in range(len(row) - 2)
)
DISGUISES = str.maketrans("@04$531!", "aoasseii")


def check_password(text: str, login: str) -> None:
    """Raise Refused unless `text` may become the password of the account `login`.

    It has 12 characters, or 8 of three classes (lower case, upper case, digits, others), and does
    not live on well-known words, runs of the keyboard, one character repeated, or the login.
    """
    if not SHORTEST <= len(text) <= LONGEST or (len(text) < LONG and _classes(text) < CLASSES):
        raise _refused("口令长度或字符种类不够", "the password is too short or too plain")
    if len(set(text)) < DIFFERENT or _fresh(text.lower(), login.lower()) < FRESH:
        raise _refused("口令太容易猜到", "the password is too easy to guess")


def _classes(text: str) -> int:
    kinds = (str.islower, str.isupper, str.isdecimal, _is_other)
    return sum(any(is_kind(each) for each in text) for is_kind in kinds)


def _is_other(character: str) -> bool:
    return not (character.islower() or character.isupper() or character.isdecimal())


def _fresh(text: str, login: str) -> int:
    """How many characters of `text` are in nothing well known, in disguise ("p@ssw0rd") or not."""
    known = {*WORDS, *RUNS, *(3 * each for each in text)} | ({login} if len(login) > 2 else set())
    return len(text) - len(_covered(text, known) | _covered(text.translate(DISGUISES), known))


def _covered(text: str, words: Iterable[str]) -> set[int]:
    covered: set[int] = set()
    for word in words:
        at = text.find(word)
        while at >= 0:
            covered.update(range(at, at + len(word)))
            at = text.find(word, at + 1)
    return covered


def _refused(zh: str, en: str) -> Refused:
    return Refused(
        zh,
        en,
        hint=Words(
            f"至少 {LONG} 个字符，或至少 {SHORTEST} 个字符且含大写、小写、数字、符号中的三种；"
            "不要用常见词、键盘顺序、重复字符或登录名",
            f"take {LONG} characters, or {SHORTEST} of three kinds (lower case, upper case, digits,"
            " others), without common words, keyboard runs, repetitions or the login",
        ),
        path=("password",),
    )
