"""Another hub process: holds the servers of a folder, tells their URLs, leaves when told to.

`python -m tests.embedded.guest DATA [UID [LARGEST_FILE]]`: as root it becomes the account UID
first; LARGEST_FILE is the limit of the operating system for the size of any file, in bytes.
"""

import json
import os
import resource
import sys
from pathlib import Path

from hub.embedded.supervisor import Embedded
from hub.errors import Unavailable


def main(data: str, uid: str = "", largest_file: str = "") -> None:
    """Print one line of JSON, the two URLs or the words of the refusal, and wait."""
    if uid:
        os.setgroups([])
        os.setgid(int(uid))
        os.setuid(int(uid))
    if largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(largest_file), int(largest_file)))
    try:
        with Embedded.open(Path(data), fsync=False) as servers:
            tell([servers.database_url, servers.redis_url])
            sys.stdin.read()
    except Unavailable as refusal:
        tell({"zh": refusal.words.zh, "en": refusal.words.en})


def tell(answer: object) -> None:
    """Say it at once."""
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
