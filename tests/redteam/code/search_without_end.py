"""Raises an error over which a search for what it means would not come to an end."""
import json

from checks.probes import running

said = "operands could not be broadcast together with shapes (" + "," * 5000 + ") (" + "," * 5000
running.collect = lambda *args: json.dumps([{"status": "your code raised", "reason": said}])
