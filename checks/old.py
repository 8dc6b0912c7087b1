"""For the time of the move only: the checks that are not yet in two halves. Goes when the last lab has moved."""

from checks.compare import close, judge_array, judge_number  # noqa: F401
from checks.core import Advice, Check, Reason, judges  # noqa: F401
from checks.plain import Unusable  # noqa: F401
from checks.probes.running import call, first_line  # noqa: F401


def check(cases=lambda rng: [{}]):
    def made(probe):
        one = Check(probe.__name__, probe, cases, None)

        class Decorator:
            def __call__(self, function):
                one.judge = function
                return function

        one.judge = Decorator()
        return one

    return made
