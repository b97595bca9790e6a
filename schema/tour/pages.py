"""The tour as a page: `python -m schema.tour.pages` writes docs/tour.md, and a test compares the two."""

import json
import sys

from .playing import STEPS
from .steps import Step

HEAD = """# The tour

What the API is for, from the first question to the last, as `make tour` plays it against a running server
(`make run` starts one). Written by `python -m schema.tour.pages`; what stands in braces was learnt in an earlier step.
"""


def page() -> str:
    """Return the page."""
    return "\n".join([HEAD, *(_section(number, step) for number, step in enumerate(STEPS, 1))])


def _section(number: int, step: Step) -> str:
    who = "With the PSA's key, in `X-Integration-Key`:\n\n" if step.by_key else ""
    asked = f"```http\nGET {step.path}\n```\n" if step.path else f"```graphql\n{step.document}\n```\n"
    variables = f"\n```json\n{json.dumps(step.variables, indent=2)}\n```\n" if step.variables else ""
    again = "Asked again until it is so: " if step.waits else ""
    return f"## {number}. {step.title}\n\n{who}{asked}{variables}\n{again}{step.said}\n"


if __name__ == "__main__":
    sys.stdout.write(page())
