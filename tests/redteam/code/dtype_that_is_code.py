"""An array whose type NumPy takes for Python, and cannot parse."""
from checks.probes import running

running.collect = lambda *args: '[{"answer": {"dtype": ",", "shape": [1], "base64": ""}, "changed": [], "warnings": []}]'
