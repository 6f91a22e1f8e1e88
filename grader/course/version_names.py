"""Names that tell versions and copies of one student's work apart: ``ada_v2``, ``ada - Kopie``."""

from __future__ import annotations

import re

from grader.platforms.names import composed

COPY_WORDS = (
    r"(?:copy|copie|copia|c[oó]pia|kopie|kopia|k[oó]pia|kopi|kopio|kopya(?:s[\u0131i])?|m[aá]solata?"
    r"|duplicate|копия|копія|αντίγραφο|نسخة|עותק)"
)
"""What systems call a copy, where words stand apart."""
COPY_SIGNS = r"(?:副本|拷贝|複製|のコピー|コピー|복사본|사본)"
"""The same in writing without spaces."""

_PREFIX = re.compile(rf"{COPY_WORDS}(?:[-_ ]*\d+)? +(?:of|de|di|von|van|af|av) +", re.IGNORECASE)
_END = re.compile(
    r"(?:[-_. ]*\(\d{1,2}\)"
    rf"|[-_. ]*{COPY_SIGNS}[-_. ]*\d{{0,2}}"
    r"|[-_. ]+(?:v|ver|version|rev|revision|attempt|try|versuch|intento|essai|tentativ[oa]|poging"
    r"|draft|upload|submission|resubmission)[-_. ]*\d{1,3}"
    rf"|[-_. ]+(?:-[-_. ]*)?(?:{COPY_WORDS}|final|old|new|latest|corrected|fixed|updated|draft"
    r"|backup|resubmission|resubmitted)[-_. ]*\d{0,2})\Z",
    re.IGNORECASE,
)


def without_version(name: str) -> str:
    """Return a name without what tells versions and copies apart."""
    name = composed(name)
    prefix = _PREFIX.match(name)
    bare = name[prefix.end() :] if prefix else name
    while match := _END.search(bare):
        bare = bare[: match.start()]
    return bare.strip(" -_.")
