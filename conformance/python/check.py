"""Drives the official Python SDK, unmodified, against the running server that the environment names.

Prints one JSON object a line: the operation, whether it passed, and what went wrong. Run by conformance/run.ts.
Words name the files to run, `user_checks`; without any it runs all.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

from harness import checks

found = sorted(path.stem for path in Path(__file__).parent.glob("*_checks.py"))
for name in sys.argv[1:] or found:
    import_module(name)

for operation, run in checks:
    problem = ""
    try:
        run()
    except Exception as error:  # Whatever goes wrong is a result.
        problem = f"{type(error).__name__}: {error}"
    json.dump({"operation": operation, "isPassed": problem == "", "problem": problem}, sys.stdout)
    print(flush=True)
