"""`python -m bench`: every budget, measured."""

import os

from bench import bulk, coldstart, console, cpu, report, units

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
}

report.show(line for part in (coldstart, cpu, bulk, units, console) for line in part.measure())
