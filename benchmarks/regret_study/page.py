"""The page of the regret study: every figure in it comes from the rows of the run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from regret_study.offices import N_EVENTS
from regret_study.policies import PRODUCT, SIMPLE_RULES, SORTED_TRUE, TRUE_DISPLACEMENT
from regret_study.truths import TRUTHS

FEW_PLACES = 25
_NOT_POOLED = [truth_id for truth_id, truth in TRUTHS.items() if truth.sample]


def frame_of(rows: Sequence[dict[str, Any]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Offices (index truth, number, answers) with what the product claimed, and the regret of each policy beside."""
    offices = pd.DataFrame(rows).set_index(["truth", "number", "answers"])
    people = pd.DataFrame(offices["people"].tolist(), index=offices.index)
    regret = 1 - people.div(offices["best"], axis=0)
    inside = people[PRODUCT].between(offices["low"], offices["high"])
    return offices.assign(inside=inside), regret


def tables(rows: Sequence[dict[str, Any]]) -> str:
    """All tables in Markdown: policies, truths, and sizes of the tied group."""
    offices, regret = frame_of(rows)
    parts = []
    for answers in offices.index.unique("answers"):
        some, lost = offices.xs(answers, level="answers"), regret.xs(answers, level="answers")
        pooled = ~some.index.get_level_values("truth").isin(_NOT_POOLED)
        title = f"{answers} answers to the desk question" if answers else "No answers to the desk question"
        parts += [f"## {title}", "", f"All truths together ({int(pooled.sum())} offices):", ""]
        parts += [*_policies(some[pooled], lost[pooled]), "", *_claims(some[pooled], lost[pooled]), ""]
        parts += ["By truth:", "", *_by_truth(some, lost), ""]
    return "\n".join(parts).rstrip()


def page(rows: Sequence[dict[str, Any]], *, command: str, draws: int) -> str:
    """The whole of docs/regret.md."""
    listed = dict.fromkeys(row["truth"] for row in rows)
    truths = "\n".join(f"- {truth}: {TRUTHS[truth].what}" for truth in listed)
    return f"""# How much is lost by following the advice?

`{command}` writes this page (seeded; a run that was stopped goes on where it stopped).

Each truth is a way in which the world may be. An office is drawn from it on the map and calendar of the sample: the
people of each area at its past pop-ups, its office's applicants of 25 months and, in every second office, a list of
promises (whose rule then binds: fewer places may be visited; some .6 of the promised people come). Every policy chooses
{N_EVENTS} pop-ups among the places that the product itself calls eligible, the product on the days it proposes, the
others on the first free days off work.
**Additional people** are those who come and would not have been served by the office anyway, counted with the truth in
the order of the days: announced pop-ups included, capacity applied, those who came to one pop-up slowly replaced.
**Regret** is 1 - additional people of a policy / those of the best plan, which is found with the truth by comparing
all sets of places. The numbers behind +- are standard errors; a difference is paired: office by office.

What the command `outreach plan` does beyond this: {draws} draws of the forecast here, 2,000 there; no back-test; people
are not rounded before the forecast is made.

Where the truths come from: people come with a decay of 15, 35 or 60 km, in a third of the offices log-logistic, and
memory lasts 45, 120 or 365 days, so that neither is what the model assumes. The displacement is .3 everywhere unless
a truth says otherwise. 24 past pop-ups, or as the truth says.

{truths}

The policy '{TRUE_DISPLACEMENT}' runs the product's own planner with the displacement of each area known;
'{SORTED_TRUE}' needs no planner: it is what that knowledge is worth at least.

{tables(rows)}
"""


def _policies(offices: pd.DataFrame, regret: pd.DataFrame) -> list[str]:
    """Mean regret and additional people of each policy, and the product's paired distance to it."""
    people = pd.DataFrame(offices["people"].tolist(), index=offices.index)
    best = _best_rule(regret)
    lines = ["| policy | regret | additional people | product's regret less this |", "| --- | --- | --- | --- |"]
    order = regret.mean().sort_values().index
    for name in order:
        shown = f"**{name}**" if name == PRODUCT else f"{name} (best simple rule)" if name == best else name
        gap = "" if name == PRODUCT else _mean(regret[PRODUCT] - regret[name], signed=True)
        lines.append(f"| {shown} | {_mean(regret[name])} | {people[name].mean():.0f} | {gap} |")
    lines.append(f"| best plan | 0 | {offices['best'].mean():.0f} | |")
    return lines


def _claims(offices: pd.DataFrame, regret: pd.DataFrame) -> list[str]:
    """What the product said of itself."""
    few = offices["eligible"] <= FEW_PLACES
    lines = [
        f"- The plan's 90 % interval holds its true value in {_share(offices['inside'])} of the offices.",
        f"- The tied group holds the truly best place in {_share(offices['best_tied'])}.",
    ]
    for what, some in ((f"up to {FEW_PLACES}", offices[few]), (f"more than {FEW_PLACES}", offices[~few])):
        if len(some):
            lines.append(
                f"- With {what} eligible places (median {some['eligible'].median():.0f}, {len(some)} offices) the tied "
                f"group has a median of {some['tied'].median():.0f}, {some['tied'].div(some['eligible']).median():.0%} "
                f"of them, and holds the best in {_share(some['best_tied'])}."
            )
    certified = int(offices["certified"].sum())
    gates = ", ".join(f"{gate} {count}" for gate, count in offices["gate"].value_counts().items())
    impact = offices["impact"].dropna().astype(float)
    lines += [
        f"- In {certified} of {len(offices)} offices no set of places that was tried beats the plan's stated bound.",
        f"- Impact estimate: {gates}; mean {impact.mean():.2f}, sd {impact.std():.2f}.",
    ]
    return lines


def _by_truth(offices: pd.DataFrame, regret: pd.DataFrame) -> list[str]:
    lines = [
        "| truth | offices | product | true displacement | less it | best simple rule | its regret | product less it "
        "| interval holds | best tied | tied of eligible |",
        "| --- " * 11 + "|",
    ]
    for truth in regret.index.unique("truth"):
        lost, some = regret.xs(truth, level="truth"), offices.xs(truth, level="truth")
        rule = _best_rule(lost)
        lines.append(
            f"| {truth} | {len(lost)} | {_mean(lost[PRODUCT])} | {_mean(lost[TRUE_DISPLACEMENT])} "
            f"| {_mean(lost[PRODUCT] - lost[TRUE_DISPLACEMENT], signed=True)} | {rule} | {_mean(lost[rule])} "
            f"| {_mean(lost[PRODUCT] - lost[rule], signed=True)} | {some['inside'].mean():.0%} "
            f"| {some['best_tied'].mean():.0%} | {some['tied'].median():.0f} of {some['eligible'].median():.0f} |"
        )
    return lines


def _best_rule(regret: pd.DataFrame) -> str:
    """The simple rule with the lowest regret among those that every office could follow."""
    known = [name for name in SIMPLE_RULES if name in regret and regret[name].notna().all()]
    return str(regret[known].mean().idxmin())


def _mean(values: pd.Series, *, signed: bool = False) -> str:
    values = values.dropna()
    if values.empty:
        return ""
    error = f" +- {values.std(ddof=1) / np.sqrt(len(values)):.2f}" if len(values) > 1 else ""
    return f"{values.mean():{'+' if signed else ''}.2f}{error}"


def _share(holds: pd.Series) -> str:
    share = float(holds.mean())
    return f"{share:.0%} +- {np.sqrt(share * (1 - share) / len(holds)):.0%}"
