"""Says what no file can hold: half of a pair of surrogates, in an error, a warning, an answer and the records' own text."""
import warnings

from checks.probes import running

ours = running.collect


def correlate_valid(image, kernel):
    raise ValueError("\ud800\x1b[2J\x00")


def collect(probe, student, request, exercise):
    if exercise == "max_pool":
        return '[{"status": "your code raised", "reason": "\udc80"}]'
    if exercise == "output_size":
        return '[{"status": "not yet", "reason": "\\ud800"}]'
    return ours(probe, student, request, exercise)


running.collect = collect
warnings.warn("\udfff")
