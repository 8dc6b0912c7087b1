"""No attack gets a point, hurts who is graded after it, or goes by an unfitting name."""

from pathlib import Path

import pytest

from tests import redteam

ALL = {kind: redteam.attacks(kind) for kind in ("code", "files")}


def faults(course: Path, attacks: dict[str, list[str]]) -> list[str]:
    """Grade a class of attackers, an honest student after each; what is not as it should be."""
    redteam.write_course(course)
    names = [(kind, name) for kind in attacks for name in attacks[kind]]
    for kind, name in names:
        hand_in = {"code": redteam.hand_in_code, "files": redteam.hand_in_files}[kind]
        hand_in(course, f"{kind}-{name}", name)
        redteam.submit(course, f"{kind}-{name}-then-honest", redteam.solved(course))
    rows, found = redteam.graded(course), []
    for kind, name in names:
        row, honest = rows[f"{kind}-{name}"], rows[f"{kind}-{name}-then-honest"]
        if row.get("code_score", 0) != 0:
            found.append(f"{kind}-{name} gets {row['code_score']} points")
        if row["state"] != redteam.expected(kind, name):
            found.append(f"{kind}-{name} is {row['state']}: {row['problem']}")
        if not honest["code_score"] == honest["max_code_score"] == 6:
            found.append(f"after {kind}-{name} the honest student gets {honest['code_score']}: {honest['problem']}")
    return found


@pytest.mark.long
def test_one_attack_of_each_kind_gets_nothing_and_harms_nobody(tmp_path):
    assert faults(tmp_path, redteam.ONE_OF_EACH_KIND) == []


@pytest.mark.grading
def test_no_attack_gets_a_point_or_harms_who_comes_after_it(tmp_path):
    assert sum(map(len, ALL.values())) >= 60
    assert faults(tmp_path, ALL) == []
