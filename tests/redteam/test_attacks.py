"""No attack gets a point, hurts who is graded after it, or goes by an unfitting name."""

import pytest

from tests import redteam


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    root = tmp_path_factory.mktemp("class")
    redteam.write_course(root)
    (root / "class_secret").write_text("0" * 32)
    return root


@pytest.fixture(scope="module")
def rows(course):
    """Every attack, each followed by an honest student, in one class."""
    for kind, hand_in in (("code", redteam.hand_in_code), ("files", redteam.hand_in_files)):
        for name in redteam.attacks(kind):
            hand_in(course, f"{kind}-{name}", name)
            redteam.submit(course, f"{kind}-{name}-then-honest", redteam.solved(course))
    return redteam.graded(course)


ATTACKS = [(kind, name) for kind in ("code", "files") for name in redteam.attacks(kind)]
every_attack = pytest.mark.parametrize(("kind", "name"), ATTACKS, ids=[f"{kind}-{name}" for kind, name in ATTACKS])


@every_attack
def test_attack_gets_no_point_and_a_fitting_state(rows, kind, name):
    row = rows[f"{kind}-{name}"]
    assert row.get("code_score", 0) == 0
    assert row["state"] == redteam.expected(kind, name), row["problem"]


@every_attack
def test_honest_student_after_it_gets_all_points(rows, kind, name):
    row = rows[f"{kind}-{name}-then-honest"]
    assert row["code_score"] == row["max_code_score"] == 6, row["problem"]


def test_there_are_many():
    assert len(ATTACKS) >= 60
