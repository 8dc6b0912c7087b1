"""No attack gets a point, hurts who is graded after it, or goes by an unfitting name."""

import pytest

from tests import redteam


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("class")
    redteam.write_course(root)
    (root / "class_secret").write_text("0" * 32)
    return root


@pytest.mark.long
def test_no_attack_gets_a_point_or_harms_who_comes_after_it(course):
    """All in one class and one test, so that two workers do not grade the class twice."""
    attacks = [(kind, name) for kind in ("code", "files") for name in redteam.attacks(kind)]
    assert len(attacks) >= 60
    for kind, name in attacks:
        hand_in = {"code": redteam.hand_in_code, "files": redteam.hand_in_files}[kind]
        hand_in(course, f"{kind}-{name}", name)
        redteam.submit(course, f"{kind}-{name}-then-honest", redteam.solved(course))
    rows, found = redteam.graded(course), []
    for kind, name in attacks:
        row, honest = rows[f"{kind}-{name}"], rows[f"{kind}-{name}-then-honest"]
        if row.get("code_score", 0) != 0:
            found.append(f"{kind}-{name} gets {row['code_score']} points")
        if row["state"] != redteam.expected(kind, name):
            found.append(f"{kind}-{name} is {row['state']}: {row['problem']}")
        if not honest["code_score"] == honest["max_code_score"] == 6:
            found.append(f"after {kind}-{name} the honest student gets {honest['code_score']}: {honest['problem']}")
    assert found == []
