"""Checks do nothing."""
from checks import core

core.Check.__call__ = core.Check.verdict = core.Check.finding = lambda *args, **kwargs: None
core.malformed = lambda *args: None
