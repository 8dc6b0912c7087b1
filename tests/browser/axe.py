"""What axe-core finds wrong with a page that is open in the browser: for whoever uses a keyboard or a screen reader."""

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def faults(page, within: str | None = None, without: tuple[str, ...] = ()) -> list[str]:
    """One sentence for each place that breaks a rule; none is right.

    within: CSS selector of the part that is looked at, the whole page if there is none; without: names of rules that
    are left out, each for a reason that stands where it is named.
    """
    from axe_playwright_python.sync_playwright import Axe

    options = {"runOnly": STANDARDS, "rules": {rule: {"enabled": False} for rule in without}}
    found = Axe().run(page, within, options | {"resultTypes": ["violations"]}).response["violations"]
    return [f"{one['id']}: {one['help']}: {node['html'][:200]}" for one in found for node in one["nodes"]]
